"""A lead's life: made, changed, moved through the pipeline, assigned, removed."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import Findings
from models.leads import Lead
from models.records import Activity
from server.contacts.phones import e164, is_e164, team_country
from server.core import amounts
from server.core.events import record
from server.core.view import Row
from server.leads.events import (
    LeadAssigned,
    LeadCreated,
    LeadDeleted,
    LeadLeft,
    LeadLost,
    LeadUpdated,
    LeadWon,
)
from server.leads.schemas import LeadOut
from server.leads.statuses import settled
from server.records import life
from server.records.hearers import hearers
from server.records.kinds import Kind

TOUCHING = ("call", "meeting", "email")
ASSIGNEE = """
SELECT m.id AS member_id, u.name FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.team_id = $1 AND m.user_id = $2
"""
# What hangs on a converted lead stays with the contact that it became.
HAND_OVER = """
UPDATE {table} SET subject_kind = 'contact', subject_id = $3, version = version + 1
WHERE team_id = $1 AND subject_id = $2
"""


def last_contact(lead: Lead, activity: Activity) -> Row:
    """Logging that somebody spoke with or wrote to the lead says when that was."""
    latest = max(filter(None, (lead.last_contact_at, activity.at)))
    return {"last_contact_at": latest} if activity.kind in TOUCHING else {}


kind = Kind(Lead, LeadOut, LeadCreated, LeadUpdated, LeadDeleted, LeadLeft, follows=last_contact)


async def create(values: Row, *, by: Actor) -> Row:
    """Make a lead; who it is given to is told."""
    return (await add(values, by=by))[1]


async def add(values: Row, *, by: Actor) -> tuple[Lead, Row]:
    """The same, giving also the lead itself."""
    findings = Findings()
    with findings:
        values = await prepared(values, by=by)
    lead, row = await life.add(kind, values, by=by, findings=findings)
    await _tell_assigned(lead, row, by)
    return lead, row


async def prepared(values: Row, *, by: Actor) -> Row:
    """A new lead's values as columns. Raises `Invalid`."""
    values, findings = await _readable(values, by), Findings()
    with findings:
        values = await amounts.given(values, "value", by=by)
    with findings:
        values = settled(values)
    findings.settle()
    return values


async def change(id: UUID, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """Change these fields, or `replace` them all; a change of status keeps to the rules (see `settled`)."""
    return await write(await Lead.locked(by, id=id), values, by=by, replace=replace)


async def write(lead: Lead, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """The same for a lead that is held already."""
    assigned_to = lead.assigned_to_id
    row = await revise(lead, values, by=by, replace=replace)
    if lead.assigned_to_id != assigned_to:
        await _tell_assigned(lead, row, by)
    return row


async def revise(lead: Lead, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """The same without a word to whom it is given to."""
    had, values, findings = lead.status, await _readable(values, by), Findings()
    with findings:
        values = await amounts.changed(lead, values, "value", by=by)
    with findings:
        values = settled(values, lead)
    row = await life.change(kind, lead, values, by=by, replace=replace, findings=findings)
    if lead.status != had and lead.status == "won":
        await record(LeadWon(hearers=await hearers(lead, by)), about=lead, by=by, data=row)
    if lead.status != had and lead.status == "lost":
        reason = str(lead.lost_reason)
        await record(LeadLost(reason=reason, hearers=await hearers(lead, by)), about=lead, by=by, data=row)
    return row


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove the lead; what hung on a converted one goes to its contact."""
    await drop(await Lead.locked(by, id=id), by=by)


async def drop(lead: Lead, *, by: Actor) -> None:
    """The same for a lead that is held already."""
    if lead.contact_id is not None:
        for table in ("note", "activity"):
            await connection().execute(HAND_OVER.format(table=table), by.team_id, lead.id, lead.contact_id)
    await life.drop(kind, lead, by=by)


async def _readable(values: Row, by: Actor) -> Row:
    """The values with the phone in E.164 where it is a number; a lead may come with one that is none."""
    if not values.get("phone") or is_e164(values["phone"]):
        return values
    return values | {"phone": e164(values["phone"], await team_country(by)) or values["phone"]}


async def _tell_assigned(lead: Lead, row: Row, by: Actor) -> None:
    if lead.assigned_to_id is not None:
        event = LeadAssigned(**await assignee(lead.assigned_to_id, by=by))
        await record(event, about=lead, by=by, data=row)


async def assignee(user_id: UUID, *, by: Actor) -> Row:
    """A member of the team as events name them."""
    person = await connection().fetchrow(ASSIGNEE, by.team_id, user_id)
    assert person is not None  # `life` has checked that they are on the team
    return {"user_id": user_id, "member_id": person["member_id"], "name": person["name"]}
