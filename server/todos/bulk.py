"""Many tasks changed at once: all of them, or none."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.projects import Project
from models.todos import Task
from server.core import bulk
from server.core.events import record
from server.core.view import Row
from server.todos import service
from server.todos.blocking import lock_family, shown
from server.todos.events import TasksBulkUpdated
from server.todos.service import Changed


async def update(ids: list[UUID], values: Row, *, by: Actor) -> list[Row]:
    """Make the same changes to all of these, and tell of each, and once per project of all.

    Raises `Invalid` that names each id that is unknown, given twice, or cannot be changed so.
    """
    await lock_family(by.team_id, ids)
    tasks = await bulk.found(Task, ids, by)
    written = await bulk.each(tasks, lambda task: service.write(task, values, by=by))
    for changed in written:
        await service.tell(changed, by=by)
    await _tell_summary([c for c in written if c.changes], by)
    return [r for r in map({r["id"]: r for r in await shown(ids)}.get, ids) if r is not None]


async def _tell_summary(written: list[Changed], by: Actor) -> None:
    for project_id in sorted({c.task.project_id for c in written if c.task.project_id is not None}):
        here = [c for c in written if c.task.project_id == project_id]
        project = await Project.get_visible(by, id=project_id)
        event = TasksBulkUpdated(
            project=project.name,
            count=len(here),
            task_ids=[c.task.id for c in here],
            fields=sorted({name for c in here for name in c.changes}),
        )
        await record(event, about=project, by=by)
