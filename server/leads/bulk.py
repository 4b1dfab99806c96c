"""Many leads at once: all of them or none, and more than one transaction takes as a job."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from models.actors import Actor
from models.identity import Team
from models.leads import Lead
from server.core import bulk
from server.core.events import record
from server.core.jobs import Later, enqueue
from server.core.view import Row
from server.leads import service
from server.leads.events import LeadsBulkAssigned, LeadsBulkDeleted, LeadsBulkUpdated

Verb = Literal["update", "delete"]


async def update(ids: list[UUID], values: Row, *, by: Actor) -> list[Row]:
    """Make the same changes to all of these, tell of each, and once of all; who is given them is told once.

    Raises `Invalid` that names each id that is unknown, given twice, or cannot be changed so.
    """
    leads = await bulk.found(Lead, ids, by)
    had = {lead.id: {name: getattr(lead, name) for name in values} for lead in leads}
    rows = await bulk.each(leads, lambda lead: service.revise(lead, values, by=by))
    changed = {lead.id: lead.differing(had[lead.id]) for lead in leads}
    given = [id for id, fields in changed.items() if "assigned_to_id" in fields]
    if given and (user_id := values["assigned_to_id"]) is not None:
        await _tell(LeadsBulkAssigned(**_those(given), **await service.assignee(user_id, by=by)), by)
        changed = {id: fields.keys() - {"assigned_to_id"} for id, fields in changed.items()}
    if others := [id for id, fields in changed.items() if fields]:
        names = sorted({name for id in others for name in changed[id]})
        await _tell(LeadsBulkUpdated(**_those(others), fields=names, hearers=_own_room(by)), by)
    return rows


async def delete(ids: list[UUID], *, by: Actor) -> int:
    """Remove all of these, tell of each, and once of all; gives how many. Raises `Invalid` as `update` does."""
    leads = await bulk.found(Lead, ids, by)
    await bulk.each(leads, lambda lead: service.drop(lead, by=by))
    await _tell(LeadsBulkDeleted(**_those(ids), hearers=_own_room(by)), by)
    return len(leads)


async def later(verb: Verb, ids: list[UUID], changes: Row, *, by: Actor) -> Later:
    """The same as a job, in steps; `changes` as JSON. Raises `Invalid` that names each id that is unknown now."""
    await bulk.found(Lead, ids, by, lock=False)
    args: dict[str, Any] = {"verb": verb, "ids": ids, "changes": changes, "member_id": by.member_id}
    return Later.of(await enqueue("bulk_leads", args))


def _those(ids: list[UUID]) -> Row:
    return {"count": len(ids), "lead_ids": ids}


def _own_room(by: Actor) -> tuple[UUID, ...]:
    """Who is kept to their own leads is not in the room of them all; these are all their own."""
    return () if by.sees_all(Lead.kinds) else (by.member_id,)


async def _tell(event: Any, by: Actor) -> None:
    await record(event, about=await Team.get_visible(by, id=by.team_id), by=by)
