"""A task's life: made, changed, moved over the board, finished, removed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import Findings, wrong
from models.todos import Task
from server.core import at_once
from server.core.events import record
from server.core.view import Row, Shown
from server.settings import custom_fields
from server.todos import blocking, nesting, places
from server.todos.events import (
    TaskAssigned,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskLeft,
    TaskUncompleted,
    TaskUpdated,
)
from server.todos.people import Person, assignable, concerned
from server.todos.places import Place
from server.todos.schemas import TaskOut

Changes = dict[str, list[Any]]
# What may be written whatever else the task is: it bears on no other field, task or person.
PLAIN = frozenset({"title", "description", "priority", "estimate_minutes", "labels"})
ASSIGNED = "SELECT user_id FROM task_assignee WHERE team_id = $1 AND task_id = $2 ORDER BY position"
UNASSIGN = "DELETE FROM task_assignee WHERE team_id = $1 AND task_id = $2"
ASSIGN = """
INSERT INTO task_assignee (team_id, task_id, user_id, position)
SELECT $1, $2, id, place FROM unnest($3::uuid[]) WITH ORDINALITY AS n(id, place)
"""


@dataclass(slots=True)
class Changed:
    """A task that was written, before anybody is told: what differs, who is new on it, who had to make room."""

    task: Task
    changes: Changes
    row: Row | Shown
    asked: list[Person] = field(default_factory=list)
    moved: list[tuple[Task, str]] = field(default_factory=list)


async def create(values: Row, *, by: Actor) -> Row:
    """Make a task at the end of its column."""
    return await _add(values, *await _placed(values, by, await _checked(values, by)), by)


async def create_one(values: Row, *, by: Actor) -> Row | Shown:
    """The same where it is all that is done: in one trip with its fact and its place, if it goes to a project and names
    nobody and no other task."""
    findings = await _checked(values, by)
    is_alone = values["parent_id"] is None and not values["assignee_ids"]
    if values["project_id"] is not None and is_alone and not findings.errors:
        plain = {n: v for n, v in values.items() if n not in ("assignee_ids", "status")} | {"created_by": by.id}
        beside, found_by = places.beside_it(by, values["project_id"], values["status"])
        if (told := await at_once.add(TaskOut, TaskCreated, plain, by, beside, *found_by)) is not None:
            return told
    return await _add(values, *await _placed(values, by, findings), by)


async def _checked(values: Row, by: Actor) -> Findings:
    """What is wrong with a new task, whatever its place is."""
    findings = Findings()
    with findings:
        check_dates(values["start_at"], values["due_at"])
    with findings:
        values["custom"] = await custom_fields.check("task", values["custom"], by)
    return findings


async def _placed(values: Row, by: Actor, findings: Findings) -> tuple[list[UUID], list[Person]]:
    """Put a new task's place into the values; gives who is put on it."""
    assignees, project_id = values.pop("assignee_ids"), values["project_id"]
    asked: list[Person] = []
    with findings:
        asked = await assignable(by, project_id, assignees, set(assignees))
    if values["parent_id"] is not None:
        with findings:
            await nesting.check(by, project_id, values["parent_id"])
    with findings:
        place = await places.end_of(by, project_id, values.pop("status"))
        values |= place.values() | {"created_by": by.id}
    findings.settle()
    return assignees, asked


async def _add(values: Row, assignees: list[UUID], asked: list[Person], by: Actor) -> Row:
    task, row = await TaskOut.add(by, **values)
    if assignees:
        await connection().execute(ASSIGN, task.team_id, task.id, assignees)
        row["assignee_ids"] = assignees
    await record(TaskCreated(hearers=await concerned(task)), about=task, by=by, data=row)
    await _tell_assigned(task, asked, row, by)
    return row


async def change(
    id: UUID, values: Row, *, by: Actor, shift_dependents: bool = False, replace: bool = False
) -> Row | Shown:
    """Change these fields, or `replace` them all, the team's own too.

    With `shift_dependents` the dates of all that waits for it move by as much.
    """
    if values.keys() <= PLAIN and not shift_dependents:
        told = await at_once.change(TaskOut, TaskUpdated, id, values, by)
        return told or await tell(Changed(*await TaskOut.alter(by, id, values)), by=by)
    if "status" in values or shift_dependents:
        await blocking.lock_family(by.team_id, [id], all_later=shift_dependents)
    task = await Task.locked(by, id=id)
    due, start = task.due_at, task.start_at
    changed = await write(task, values, by=by, replace=replace)
    row = await tell(changed, by=by)
    if shift_dependents and (delta := blocking.delay(due, task.due_at) or blocking.delay(start, task.start_at)):
        await blocking.shift_dependents(task, delta, by=by)
    return row


async def move(id: UUID, status: str, *, before: UUID | None, after: UUID | None, by: Actor) -> Row | Shown:
    """Put the card into a column, before or after another one, or at its end."""
    await blocking.lock_family(by.team_id, [id])
    task = await Task.locked(by, id=id)
    place = await places.beside(task, status, before=before, after=after, by=by)
    return await tell(await _put(task, place), by=by)


async def set_done(id: UUID, done: bool, *, by: Actor) -> Row | Shown:
    """Finish the task, or open it again: it goes to the end of the first column of that kind."""
    await blocking.lock_family(by.team_id, [id])
    task = await Task.locked(by, id=id)
    if (task.completed_at is not None) == done:
        return await TaskOut.of(task)
    place = await places.end_of(by, task.project_id, await places.first_column(task, done=done))
    return await tell(await _put(task, place), by=by)


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove the task, its subtasks and all that hangs on them."""
    task = await Task.locked(by, id=id)
    family = [*await nesting.below(task), task]
    waiting = await blocking.lock_waiting(task.team_id, [t.id for t in family if t.completed_at is None])
    for one in family:
        await record(TaskDeleted(title=one.title, hearers=await concerned(one)), about=one, by=by)
    await task.remove()
    gone = {t.id for t in family}
    await blocking.tell_unblocked(task, [w for w in waiting if w not in gone], by=by)


# ---- writing ----


async def write(task: Task, values: Row, *, by: Actor, replace: bool = False) -> Changed:
    """Write what differs of these fields, telling nobody yet (see `tell`)."""
    values, findings = dict(values), Findings()
    with findings:
        check_dates(values.get("start_at", task.start_at), values.get("due_at", task.due_at))
    if "custom" in values:
        with findings:
            values["custom"] = await custom_fields.check(
                "task", values["custom"], by, existing=task.custom, replace=replace
            )
    project_id = values.get("project_id", task.project_id)
    transfer = project_id != task.project_id
    if values.get("parent_id") is not None and (values["parent_id"] != task.parent_id or transfer):
        with findings:
            await nesting.check(by, project_id, values["parent_id"], of=task)
    assignees: list[UUID] | None = values.pop("assignee_ids", None)
    had = await assigned(task) if assignees is not None or transfer else []
    wanted = had if assignees is None else assignees
    new = set(wanted) - (set() if transfer else set(had))
    asked: list[Person] = []
    with findings:
        asked = await assignable(by, project_id, wanted, new)
    status = values.pop("status", task.status)
    if transfer or status != task.status:
        with findings:
            place = await places.end_of(by, project_id, status)
            if transfer or place.status != task.status:  # a status that was left out may mean the column it is in
                values |= place.values(task)
    findings.settle()
    if transfer:
        await _leave(task, by)
    if wanted != had:
        await connection().execute(UNASSIGN, task.team_id, task.id)
        await connection().execute(ASSIGN, task.team_id, task.id, wanted)
    changes, row = await TaskOut.change(task, values, touch=wanted != had)
    if wanted != had:
        changes["assignee_ids"] = [had, wanted]
    return Changed(task, changes, row, [p for p in asked if p.user_id not in had])


async def assigned(task: Task) -> list[UUID]:
    return [r["user_id"] for r in await connection().fetch(ASSIGNED, task.team_id, task.id)]


async def _put(task: Task, place: Place | None) -> Changed:
    if place is None:
        return Changed(task, {}, await TaskOut.of(task))
    moved = await places.make_room(task, place)
    changes, row = await TaskOut.change(task, place.values(task))
    return Changed(task, changes, row, moved=moved)


async def _leave(task: Task, by: Actor) -> None:
    await nesting.check_free(task)
    if task.project_id is not None:
        await record(TaskLeft(title=task.title), about=task, by=by)


def check_dates(start: datetime | None, due: datetime | None) -> None:
    """Raise `Invalid` when the end lies before the start."""
    if start is not None and due is not None and due < start:
        raise wrong("due_at", "before_start", "Lies before start_at.")


# ---- telling ----


async def tell(changed: Changed, *, by: Actor) -> Row | Shown:
    """Record what a written task's change means; gives the task as it is now."""
    task, changes, row = changed.task, changed.changes, changed.row
    if not changes:
        return row
    told = await concerned(task)
    await record(TaskUpdated(hearers=told), about=task, by=by, changes=changes, data=row)
    for neighbour, old_rank in changed.moved:
        event = TaskUpdated(hearers=await concerned(neighbour))
        await record(event, about=neighbour, by=by, changes={"rank": [old_rank, neighbour.rank]})
    await _tell_assigned(task, changed.asked, row, by)
    if "completed_at" in changes:
        await _tell_finished(task, row, told, by)
    return row


async def _tell_assigned(task: Task, asked: list[Person], row: Row | Shown, by: Actor) -> None:
    if asked:
        event = TaskAssigned(
            member_ids=[p.member_id for p in asked], user_ids=[p.user_id for p in asked], names=[p.name for p in asked]
        )
        await record(event, about=task, by=by, data=row)


async def _tell_finished(task: Task, row: Row | Shown, told: tuple[UUID, ...], by: Actor) -> None:
    waiting = await blocking.lock_waiting(task.team_id, [task.id])
    if task.completed_at is not None:
        await record(TaskCompleted(hearers=told), about=task, by=by, data=row)
        await blocking.tell_unblocked(task, waiting, by=by)
    else:
        await record(TaskUncompleted(hearers=told), about=task, by=by, data=row)
        await blocking.tell_blocked(task, waiting, by=by)
