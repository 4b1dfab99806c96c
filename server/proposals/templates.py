"""Templates: written, or made from a proposal; and proposals made from them, with their variables filled."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import today
from models.db import connection
from models.errors import Conflict, FieldError, Findings, Invalid, NotFound, wrong
from models.money import from_minor
from models.proposals import Proposal, ProposalTemplate
from server.core.events import record
from server.core.problems import constraint
from server.core.view import Row
from server.projects.clients import fill
from server.proposals import items, service
from server.proposals.schemas import ProposalNew
from server.proposals.template_events import TemplateCreated, TemplateDeleted, TemplateUpdated
from server.proposals.template_schemas import PATTERN, TemplateIn, TemplateNew, TemplateOut

VARIABLE = re.compile(PATTERN)
TEAM_NAME = "SELECT coalesce(business ->> 'name', name) FROM team WHERE id = $1"
COPIED = ("title", "currency", "terms", "tax_mode")
constraint("proposal_template_name", lambda: Conflict("There is a template of this name.", code="already_exists"))


async def create(body: TemplateNew, *, by: Actor) -> Row:
    """Make a template; what a proposal gives, the request's own fields replace."""
    given = body.model_dump(mode="json", include=body.model_fields_set - {"name", "from_proposal_id"})
    whole = body.model_dump(mode="json", exclude={"name", "from_proposal_id"})
    content = whole if body.from_proposal_id is None else whole | await _of(body.from_proposal_id, by) | given
    template, row = await TemplateOut.add(by, name=body.name, content=content, created_by=by.id)
    await record(TemplateCreated(), about=template, by=by, data=row)
    return row


async def replace(id: UUID, body: TemplateIn, *, by: Actor) -> Row:
    """Replace the template's fields; proposals that were made of it stay as they are."""
    template = await ProposalTemplate.locked(by, id=id)
    values = {"name": body.name, "content": body.model_dump(mode="json", exclude={"name"})}
    changes, row = await TemplateOut.change(template, values)
    if changes:
        await record(TemplateUpdated(), about=template, by=by, changes=changes, data=row)
    return row


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove the template."""
    template = await ProposalTemplate.locked(by, id=id)
    await record(TemplateDeleted(name=template.name), about=template, by=by)
    await template.remove()


async def begin(body: ProposalNew, *, by: Actor) -> Row:
    """Make a proposal of the request's fields, and for those that were left out of its template's."""
    findings = Findings()
    with findings:
        if body.template_id is not None:
            body = await _filled(body, by)
        if not body.title:
            raise wrong("title", "missing", "A proposal needs a title.")
    return await service.create(body, body.items, by=by, findings=findings)


async def _of(proposal_id: UUID, by: Actor) -> Row:
    try:
        found = await Proposal.get_visible(by, id=proposal_id)
    except NotFound:
        raise wrong("from_proposal_id", "not_found", "There is no such proposal.") from None
    lines = [service.item_of(i).model_dump(mode="json") for i in await items.all_of(found)]
    return {n: getattr(found, n) for n in COPIED} | {
        "sections": found.sections,
        "discount": None if found.discount is None else from_minor(found.discount, found.currency),
        "deposit_percent": None if found.deposit_percent is None else f"{found.deposit_percent:f}",
        "items": lines,
    }


async def _filled(body: ProposalNew, by: Actor) -> ProposalNew:
    try:
        template = await ProposalTemplate.get_visible(by, id=body.template_id)  # type: ignore[arg-type]  # the caller saw that there is one
    except NotFound:
        raise wrong("template_id", "not_found", "There is no such template.") from None
    known = await _known(body, by) | body.variables
    used = set(VARIABLE.findall(str(template.content)))
    if missing := sorted(used - known.keys()):
        raise Invalid(*(FieldError(f"variables.{n}", "missing", "The template asks for it.") for n in missing))
    content = {n: v for n, v in _fill(template.content, known).items() if v != ""}
    own = body.model_dump(mode="json", include=body.model_fields_set - {"template_id", "variables"})
    return ProposalNew.model_validate(content | own)


async def _known(body: ProposalNew, by: Actor) -> dict[str, str]:
    """The variables that need not be given."""
    row: Row = {"client": None, "client_id": body.client_id}
    await fill([row], by=by)
    team = str(await connection().fetchval(TEAM_NAME, by.team_id))
    known = {"team.name": team, "sender.name": by.name, "date": today().isoformat()}
    return known | ({"client.name": row["client"]["name"]} if row["client"] else {})


def _fill(value: Any, known: dict[str, str]) -> Any:
    match value:
        case str():
            return VARIABLE.sub(lambda found: known[found[1]], value)
        case list():
            return [_fill(v, known) for v in value]
        case dict():
            return {k: _fill(v, known) for k, v in value.items()}
    return value
