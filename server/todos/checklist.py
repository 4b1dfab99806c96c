"""A task's checklist; the card shows how much of it is done, so that the task changes with it."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.todos import ChecklistItem, Task
from server.core.events import Event, record
from server.core.view import Row
from server.todos.events import TaskUpdated
from server.todos.part_events import ChecklistItemCreated, ChecklistItemDeleted, ChecklistItemUpdated
from server.todos.part_schemas import ChecklistItemOut
from server.todos.people import concerned

LAST = "SELECT coalesce(max(position), 0) + 1 FROM checklist_item WHERE team_id = $1 AND task_id = $2"
COUNT = """
SELECT count(*) AS total, count(*) FILTER (WHERE done) AS done FROM checklist_item WHERE team_id = $1 AND task_id = $2
"""


async def add(task_id: UUID, values: Row, *, by: Actor) -> Row:
    """Add a line, at the end unless a position is given."""
    task = await Task.locked(by, id=task_id)
    if values["position"] is None:
        values["position"] = await connection().fetchval(LAST, task.team_id, task_id)
    before = await count(task)
    item = await ChecklistItem.add(by, task_id=task_id, **values)
    return await _tell(ChecklistItemCreated, item, task, before, by=by)


async def change(id: UUID, values: Row, *, by: Actor) -> Row:
    """Tick, rename or move a line."""
    item = await ChecklistItem.locked(by, id=id)
    task = await Task.locked(by, id=item.task_id)
    before = await count(task)
    changes = await item.change(**values)
    if not changes:
        return await ChecklistItemOut.of(item)
    return await _tell(ChecklistItemUpdated, item, task, before, by=by, changes=changes)


async def remove(id: UUID, *, by: Actor) -> None:
    """Remove a line."""
    item = await ChecklistItem.locked(by, id=id)
    task = await Task.locked(by, id=item.task_id)
    before, row = await count(task), await ChecklistItemOut.of(item)
    await item.remove()
    await _tell(ChecklistItemDeleted, item, task, before, by=by, row=row)


async def count(task: Task) -> dict[str, int]:
    """How many lines there are, and how many are done."""
    return dict(await connection().fetchrow(COUNT, task.team_id, task.id) or {})


async def _tell(
    kind: type[Event],
    item: ChecklistItem,
    task: Task,
    before: dict[str, int],
    *,
    by: Actor,
    changes: dict | None = None,
    row: Row | None = None,
) -> Row:
    item.project_id, told = task.project_id, await concerned(task)
    row = row or await ChecklistItemOut.of(item)
    event = kind(task_id=task.id, task_title=task.title, hearers=told)  # type: ignore[call-arg]  # all three take these
    await record(event, about=item, by=by, changes=changes, data=row)
    after = await count(task)
    if after != before:
        await task.touch()
        await record(TaskUpdated(hearers=told), about=task, by=by, changes={"checklist": [before, after]})
    return row
