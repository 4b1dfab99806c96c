"""Many tasks changed at once: all of them, or none."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import AppError, FieldError, Invalid
from models.projects import Project
from models.todos import Task
from server.core.events import record
from server.core.view import Row
from server.todos import service
from server.todos.blocking import lock_family, shown
from server.todos.events import TasksBulkUpdated
from server.todos.service import Changed

LOCK = "SELECT t.* FROM task t WHERE t.id = ANY($1) AND {visible} ORDER BY t.id FOR UPDATE OF t"


async def update(ids: list[UUID], values: Row, *, by: Actor) -> list[Row]:
    """Make the same changes to all of these, and tell of each, and once per project of all.

    Raises `Invalid` that names each id that is unknown, given twice, or cannot be changed so.
    """
    await lock_family(by.team_id, ids)
    tasks = await _locked(ids, by)
    written, errors = list[Changed](), list[FieldError]()
    for place, id in enumerate(ids):
        try:
            written.append(await service.write(tasks[id], values, by=by))
        except AppError as error:
            errors += _of(place, error)
    if errors:
        raise Invalid(*errors)
    for changed in written:
        await service.tell(changed, by=by)
    await _tell_summary([c for c in written if c.changes], by)
    return [r for r in map({r["id"]: r for r in await shown(ids)}.get, ids) if r is not None]


async def _locked(ids: list[UUID], by: Actor) -> dict[UUID, Task]:
    visible = Task.visible_to(by)
    rows = await connection().fetch(LOCK.format(visible=visible.numbered(2)), ids, *visible.args)
    tasks = {r["id"]: Task._from_row(r) for r in rows}
    errors = []
    for place, id in enumerate(ids):
        if id not in tasks:
            errors.append(FieldError(f"ids[{place}]", "not_found", f"There is no task {id}."))
        elif id in ids[:place]:
            errors.append(FieldError(f"ids[{place}]", "given_twice", f"The task {id} is named twice."))
    if errors:
        raise Invalid(*errors)
    return tasks


def _of(place: int, error: AppError) -> list[FieldError]:
    if isinstance(error, Invalid):
        return [FieldError(f"ids[{place}].{e.field}", e.code, e.message) for e in error.errors]
    return [FieldError(f"ids[{place}]", error.code, error.detail)]


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
