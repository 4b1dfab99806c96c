"""A draft's life: made, from nothing, a template or another proposal; changed; removed while it was never sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.errors import Conflict, Findings, wrong
from models.ids import uuid7
from models.leads import Lead
from models.projects import Project
from models.proposals import Proposal
from server.core import amounts
from server.core.schemas import In
from server.core.view import Row
from server.projects import clients
from server.proposals import items, totals
from server.proposals.events import ProposalCreated, ProposalDeleted, ProposalUpdated
from server.proposals.item_schemas import ItemIn
from server.proposals.schemas import ProposalIn, ProposalOut
from server.records import life
from server.records.kinds import Kind

kind = Kind(Proposal, ProposalOut, ProposalCreated, ProposalUpdated, ProposalDeleted)


async def create(body: ProposalIn, lines: list[ItemIn], *, by: Actor, findings: Findings | None = None) -> Row:
    """Make a draft with these items; `findings` as in `life.add`."""
    values, findings = body.model_dump(include=set(ProposalIn.model_fields)), findings or Findings()
    with findings:
        values = await amounts.given(values, "discount", by=by)
    await _check_related(values, by, findings)
    values |= {"sections": placed(values["sections"]), "recipients": addressed(values["recipients"], [])}
    proposal, row = await life.add(kind, values, by=by, findings=findings)
    if lines:
        await items.put_all(proposal, lines, by=by)
        _, row = await ProposalOut.change(proposal, await totals.stored(proposal), touch=True)
        await life.tell_changed(kind, proposal, {"items": [0, len(lines)]}, row, by=by)
    return row


async def change(id: UUID, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """Change these fields, or `replace` them all. Raises `Conflict` (version_frozen) for what was sent."""
    proposal = await Proposal.locked(by, id=id)
    proposal.must_be_draft()
    return await write(proposal, values, by=by, replace=replace)


async def write(proposal: Proposal, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """The same for a draft that is held already."""
    values, findings = plain(values), Findings()
    with findings:
        values = await amounts.changed(proposal, values, "discount", by=by)
    await _check_related({n: v for n, v in values.items() if getattr(proposal, n) != v}, by, findings)
    if "sections" in values:
        values["sections"] = placed(values["sections"])
    if "recipients" in values:
        values["recipients"] = addressed(values["recipients"], proposal.recipients)
    if values.keys() & set(totals.NAMES) and not findings.errors:
        values |= await totals.stored(proposal, values)
    return await life.change(kind, proposal, values, by=by, replace=replace, findings=findings)


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove a draft. Raises `Conflict` (version_frozen) when any version of it was sent: that is kept as proof."""
    proposal = await Proposal.locked(by, id=id)
    if proposal.number is not None:
        raise Conflict("It was sent, and is kept; withdraw it to end its links.", code="version_frozen")
    await life.remove(kind, id, by=by)


async def duplicate(id: UUID, *, by: Actor) -> Row:
    """Copy the proposal as it stands into a new draft, for the same client."""
    found = await Proposal.get_visible(by, id=id)
    row = await ProposalOut.of(found)
    names = set(ProposalIn.model_fields) - {"sections", "recipients", "custom", "expires_on", "lead_id", "project_id"}
    copied = {n: row[n] if n == "discount" else getattr(found, n) for n in names}
    copied["deposit_percent"] = _text(found.deposit_percent)
    more = {
        "title": f"{found.title} (copy)"[:200],
        "sections": found.sections,
        "recipients": [{n: v for n, v in r.items() if n != "id"} for r in found.recipients],
        "custom": found.custom,
    }
    body = ProposalIn.model_validate(copied | more)
    return await create(body, [item_of(i) for i in await items.all_of(found)], by=by)


def item_of(row: Row) -> ItemIn:
    """An item, stored or frozen, as one to be made anew."""
    decimals = ("quantity", "unit_price", "discount_percent", "tax_rate")
    kept = {n: row[n] for n in ItemIn.model_fields} | {n: _text(row[n]) for n in decimals}
    return ItemIn.model_validate(kept)


def decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _text(value: Any) -> str | None:
    return None if value is None else f"{value:f}" if not isinstance(value, str) else value


def plain(values: Row) -> Row:
    """What was sent, with its nested parts as they are stored."""
    return {n: [i.model_dump() if isinstance(i, In) else i for i in v] if isinstance(v, list) else v
            for n, v in values.items()}  # fmt: skip


def placed(sections: list[Row]) -> list[Row]:
    """The sections in their order, each with a key of its own."""
    taken = {s["key"] for s in sections}
    free = (key for n in range(1, 2 * len(sections) + 2) if (key := f"s{n}") not in taken)
    return [s | {"key": s["key"] or next(free), "position": at} for at, s in enumerate(_in_order(sections))]


def addressed(recipients: list[Row], had: list[Row]) -> list[Row]:
    """The recipients in their order; who was there before, by their address, keeps their id."""
    ids = {r["email"]: r["id"] for r in had}
    ordered = enumerate(_in_order(recipients))
    return [r | {"id": ids.get(r["email"]) or str(uuid7()), "position": at} for at, r in ordered]


def _in_order(parts: list[Row]) -> list[Row]:
    """By their positions; one without is where it stands in the list."""
    places = [at if part["position"] is None else part["position"] for at, part in enumerate(parts)]
    return [parts[at] for at in sorted(range(len(parts)), key=lambda at: (places[at], at))]


async def _check_related(values: Row, by: Actor, findings: Findings) -> None:
    with findings:
        await clients.check(values.get("client_id"), by)
    with findings:
        await life.check_visible("lead_id", Lead, values.get("lead_id"), by=by)
    with findings:
        await _check_project(values.get("project_id"), by)


async def _check_project(id: UUID | None, by: Actor) -> None:
    if id is not None and not await Project.is_visible(by, id):
        raise wrong("project_id", "not_found", "There is no such project.")


async def with_relations(rows: list[Row], by: Actor) -> None:
    """Put their items and clients into the proposals that were asked for with them."""
    await clients.fill(rows, by=by)
    asked = [row for row in rows if "items" in row]
    found = await items.of_many([row["id"] for row in asked], by) if asked else {}
    for row in asked:
        row["items"] = found.get(row["id"], [])
