"""What was sent, as it was sent: read, compared, copied back into the draft."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import NotFound
from models.proposals import Proposal, ProposalVersion
from server.core.view import Row
from server.proposals import document, items, sending, service
from server.proposals.schemas import ProposalOut
from server.proposals.sent_schemas import VersionWhole
from server.records import life

FIELDS = ("title", "currency", "tax_mode", "discount", "deposit_percent", "terms")
RESTORED = ("title", "currency", "tax_mode", "discount", "deposit_percent", "terms", "sections")
EMPTY = "DELETE FROM proposal_item WHERE team_id = $1 AND proposal_id = $2"


async def read(id: UUID, number: str, *, by: Actor) -> Row:
    """One version, with its document and what was chosen of it."""
    proposal = await Proposal.get_visible(by, id=id)
    version = await _version(proposal, number)
    return await VersionWhole.of(version) | {"document": document.shown(version)}


async def restore(id: UUID, number: str, *, by: Actor) -> Row:
    """Copy a version into the draft, which is opened where there is none. Raises `Conflict` (already_signed)."""
    proposal = await Proposal.locked(by, id=id)
    content = document.frozen(await _version(proposal, number))
    if proposal.status != "draft":
        await sending.reopen(proposal, by=by)
    await connection().execute(EMPTY, proposal.team_id, id)
    lines = [service.item_of(item) for item in content["items"]]
    await items.put_all(proposal, lines, by=by)
    values = {n: content[n] for n in RESTORED}
    values["deposit_percent"] = service.decimal(content["deposit_percent"])
    await service.write(proposal, values, by=by)
    _, row = await ProposalOut.change(proposal, {}, touch=True)
    return await life.tell_changed(service.kind, proposal, {"items": [None, len(lines)]}, row, by=by)


async def compare(id: UUID, a: int, b: int | None, *, by: Actor) -> Row:
    """What changed from one version to another, or to the draft."""
    proposal = await Proposal.get_visible(by, id=id)
    before = document.shown(await _version(proposal, str(a)))
    if b is None and proposal.status == "draft":
        after = await document.freeze(proposal, by=by)
    else:
        after = document.shown(await _version(proposal, str(b or proposal.version_number)))
    return {
        "from": a,
        "to": after["version_number"],
        "fields": _differing(before, after, FIELDS),
        "totals": _differing(before["totals"], after["totals"], before["totals"]),
        "sections": _parts(before["sections"], after["sections"], "key"),
        "items": _parts(before["items"], after["items"], "id"),
    }


def _differing(before: Row, after: Row, names: Any) -> dict[str, list[Any]]:
    return {n: [before[n], after[n]] for n in names if before[n] != after[n]}


def _parts(before: list[Row], after: list[Row], key: str) -> Row:
    had, have = {p[key]: p for p in before}, {p[key]: p for p in after}
    kept = [k for k in have if k in had]
    changed = [{key: k, "changes": _differing(had[k], have[k], have[k])} for k in kept if had[k] != have[k]]
    return {
        "added": [p for k, p in have.items() if k not in had],
        "removed": [p for k, p in had.items() if k not in have],
        "changed": changed,
    }


async def _version(proposal: Proposal, number: str) -> ProposalVersion:
    found = None
    if number.isascii() and number.isdigit() and len(number) <= 6:
        found = await sending.latest(proposal, int(number))
    if found is None:
        raise NotFound("There is no such version.")
    return found
