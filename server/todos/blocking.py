"""What waits for what: who is freed by a finished task, who has to wait again, whose dates move along."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import Actor
from models.base import Condition
from models.clock import now
from models.db import connection
from models.todos import Task
from server.core.events import record
from server.core.view import Row
from server.todos.events import TaskBlocked, TaskUnblocked, TaskUpdated
from server.todos.people import concerned, member_ids
from server.todos.schemas import TaskOut

# All rows that a change of status or of dates may touch, in the order of their ids and before any lock of a column:
# whoever locks in another order may meet somebody who waits the other way round.
FAMILY = """
WITH RECURSIVE later(id, steps) AS (
    SELECT id, 0 FROM unnest($2::uuid[]) AS n(id)
    UNION SELECT d.task_id, least(steps + 1, 2) FROM task_dependency d JOIN later ON d.depends_on_id = later.id
    WHERE d.team_id = $1 AND (steps = 0 OR $3)
) SELECT 1 FROM task k WHERE k.team_id = $1 AND k.id IN (SELECT id FROM later) ORDER BY k.id FOR UPDATE
"""
# Locked before it is asked what else they wait for: of two blockers finished at once, the second sees the first.
WAITING = """
SELECT k.id FROM task k WHERE k.team_id = $1 AND k.completed_at IS NULL AND k.id IN (
    SELECT d.task_id FROM task_dependency d WHERE d.team_id = $1 AND d.depends_on_id = ANY($2))
ORDER BY k.id FOR UPDATE OF k
"""
# Those of $2 that wait for nothing, $3 aside, count a change: `blocked` is a field of theirs.
TURN = """
UPDATE task k SET version = version + 1, updated_at = $4 WHERE k.team_id = $1 AND k.id = ANY($2) AND NOT EXISTS (
    SELECT 1 FROM task_dependency d JOIN task b ON b.team_id = d.team_id AND b.id = d.depends_on_id
    WHERE d.team_id = k.team_id AND d.task_id = k.id AND b.completed_at IS NULL AND b.id <> $3)
RETURNING k.*
"""
LATER = """
WITH RECURSIVE later(id) AS (
    SELECT task_id FROM task_dependency WHERE team_id = $1 AND depends_on_id = $2
    UNION SELECT d.task_id FROM task_dependency d JOIN later ON d.depends_on_id = later.id WHERE d.team_id = $1
) SELECT k.* FROM task k JOIN later ON k.id = later.id
WHERE k.team_id = $1 AND k.completed_at IS NULL AND (k.start_at IS NOT NULL OR k.due_at IS NOT NULL)
ORDER BY k.id FOR UPDATE OF k
"""


async def lock_family(team_id: UUID, ids: list[UUID], *, all_later: bool = False) -> None:
    """Lock these tasks and those that wait for them (with `all_later` also those that wait for these, and so on)."""
    await connection().execute(FAMILY, team_id, ids, all_later)


async def lock_waiting(team_id: UUID, blockers: list[UUID]) -> list[UUID]:
    """The open tasks that wait for any of these, locked for change."""
    return [r["id"] for r in await connection().fetch(WAITING, team_id, blockers)]


async def tell_unblocked(blocker: Task, waiting: list[UUID], *, by: Actor) -> None:
    """Tell of those that wait for nothing any more, now that the blocker is finished or gone."""
    for task, row, people in await _turned(blocker, waiting):
        event = TaskUnblocked(member_ids=list(people), because_of=blocker.id)
        await record(event, about=task, by=by, changes={"blocked": [True, False]}, data=row)


async def tell_blocked(blocker: Task, waiting: list[UUID], *, by: Actor) -> None:
    """Tell of those that waited for nothing until the blocker was opened again."""
    for task, row, people in await _turned(blocker, waiting):
        event = TaskBlocked(member_ids=list(people), because_of=blocker.id)
        await record(event, about=task, by=by, changes={"blocked": [False, True]}, data=row)


async def _turned(blocker: Task, waiting: list[UUID]) -> list[tuple[Task, Row, tuple[UUID, ...]]]:
    if not waiting:
        return []
    found = await connection().fetch(TURN, blocker.team_id, waiting, blocker.id, now())
    tasks = {r["id"]: Task._from_row(r) for r in found}
    rows = await shown(tasks)
    return [(tasks[r["id"]], r, await member_ids(blocker.team_id, r["assignee_ids"])) for r in rows]


async def shown(ids: Iterable[UUID]) -> list[Row]:
    """These tasks as REST shows them, by id."""
    wanted = list(ids)
    return await TaskOut.many(Condition("t.id = ANY({0})", (wanted,))) if wanted else []


def delay(old: datetime | None, new: datetime | None) -> timedelta:
    """By how much a date moved; nothing when it was set or removed."""
    return new - old if old is not None and new is not None else timedelta()


async def shift_dependents(task: Task, delta: timedelta, *, by: Actor) -> None:
    """Move the dates of all open tasks that wait for this one, directly or not, by as much."""
    tasks = [Task._from_row(r) for r in await connection().fetch(LATER, task.team_id, task.id)]
    changes = {t.id: await t.change(**_shifted(t, delta)) for t in tasks}
    rows = {r["id"]: r for r in await shown(changes)}
    for one in tasks:
        event = TaskUpdated(hearers=await concerned(one))
        await record(event, about=one, by=by, changes=changes[one.id], data=rows[one.id])


def _shifted(task: Task, delta: timedelta) -> dict[str, datetime]:
    dates = {"start_at": task.start_at, "due_at": task.due_at}
    return {name: value + delta for name, value in dates.items() if value is not None}
