"""Time spent on tasks: entries and the one running timer of each person."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict, Findings, PermissionDenied, wrong
from models.money import round_half_up, to_minor
from models.todos import Task, TimeEntry
from server.core.events import record
from server.core.permissions import Can
from server.core.problems import constraint
from server.core.view import Row
from server.todos.part_events import TimeEntryCreated, TimeEntryDeleted, TimeEntryUpdated
from server.todos.part_schemas import TimeEntryOut
from server.todos.people import member_ids

CURRENCY = """
SELECT coalesce((SELECT currency FROM project WHERE team_id = $1 AND id = $2), currency) FROM team WHERE id = $1
"""
RUNNING = "SELECT * FROM time_entry WHERE team_id = $1 AND user_id = $2 AND ended_at IS NULL AND id <> $3 FOR UPDATE"

constraint("time_entry_running", lambda: Conflict("Another timer was started at the same time.", code="timer_running"))


async def log(task_id: UUID, values: Row, *, by: Actor) -> Row:
    """Log time, or start a timer; the timer that ran before stops."""
    task = await Task.get_visible(by, id=task_id)
    currency = str(await connection().fetchval(CURRENCY, task.team_id, task.project_id))
    values, findings = dict(values), Findings()
    with findings:
        values |= _span(values["started_at"], values["ended_at"], values["minutes"])
    with findings:
        values["rate"] = _minor(values["rate"], currency)
    findings.settle()
    if values["ended_at"] is None:
        await stop_running(by.id, UUID(int=0), by=by)
    entry, row = await TimeEntryOut.add(by, task_id=task_id, user_id=by.id, currency=currency, **values)
    event = TimeEntryCreated(task_id=task.id, task_title=task.title, hearers=await member_ids(by.team_id, [by.id]))
    await record(event, about=entry, by=by, data=row)
    return row


async def change(id: UUID, values: Row, *, by: Actor) -> Row:
    """Stop the timer, or correct the entry."""
    entry, findings = await _own(id, by), Findings()
    if "rate" in values:
        with findings:
            values["rate"] = _minor(values["rate"], entry.currency)
    if spans := values.keys() & {"started_at", "ended_at", "minutes"}:
        with findings:
            started = values.get("started_at", entry.started_at)
            ended = values.get("ended_at", entry.ended_at)
            values |= _span(started, ended, values.get("minutes"))
    findings.settle()
    if spans and values["ended_at"] is None:
        await stop_running(entry.user_id, entry.id, by=by)
    return await _tell_changed(entry, await entry.change(**values), by)


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove the entry."""
    entry = await _own(id, by)
    event = TimeEntryDeleted(**await _about(entry))
    await record(event, about=entry, by=by)
    await entry.remove()


async def stop_running(user_id: UUID, but: UUID, *, by: Actor) -> None:
    """Stop the person's running timer, if there is one, now."""
    for row in await connection().fetch(RUNNING, by.team_id, user_id, but):
        entry = TimeEntry._from_row(row)
        values = _span(entry.started_at, max(now(), entry.started_at), None)
        await _tell_changed(entry, await entry.change(**values), by)


async def _own(id: UUID, by: Actor) -> TimeEntry:
    entry = await TimeEntry.locked(by, id=id)
    if entry.user_id != by.id and not by.may(Can.TIME_WRITE_ALL):
        raise PermissionDenied("Only your own time.", permission=str(Can.TIME_WRITE_ALL))
    return entry


async def _tell_changed(entry: TimeEntry, changes: dict[str, list[Any]], by: Actor) -> Row:
    row = await TimeEntryOut.of(entry)
    if changes:
        await record(TimeEntryUpdated(**await _about(entry)), about=entry, by=by, changes=changes, data=row)
    return row


async def _about(entry: TimeEntry) -> dict[str, Any]:
    title = await connection().fetchval("SELECT title FROM task WHERE id = $1", entry.task_id)
    hearers = await member_ids(entry.team_id, [entry.user_id])
    return {"task_id": entry.task_id, "task_title": title, "hearers": hearers}


def _span(started: datetime, ended: datetime | None, minutes: int | None) -> dict[str, Any]:
    """Start, end and minutes that agree; minutes that are given may be fewer than the span, for the breaks in it."""
    if ended is None and minutes is not None:
        ended = started + timedelta(minutes=minutes)
    if ended is None:
        return {"started_at": started, "ended_at": None, "minutes": None}
    if ended < started:
        raise wrong("ended_at", "before_start", "Lies before started_at.")
    span = int(round_half_up(Decimal(str((ended - started).total_seconds())) / 60))
    if minutes is not None and minutes > span:
        raise wrong("minutes", "too_large", f"Between start and end are only {span} minutes.")
    return {"started_at": started, "ended_at": ended, "minutes": span if minutes is None else minutes}


def _minor(rate: str | None, currency: str) -> int | None:
    try:
        return None if rate is None else to_minor(rate, currency)
    except ValueError as error:
        raise wrong("rate", "wrong_amount", f"The rate {error}.") from None
