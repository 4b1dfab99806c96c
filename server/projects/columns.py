"""The rules of a board's columns: tasks are never left in a column that is no more."""

from __future__ import annotations

from typing import Any

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict
from models.projects import Project
from models.todos import Task
from server.todos import service
from server.todos.schemas import TaskOut
from server.todos.service import Changed

Column = dict[str, Any]
# board_place() locks the column, so that no task can be put there until the new columns are committed.
LOCK = "SELECT board_place($1, $2, $3)"
USED = "SELECT count(*) FROM task WHERE team_id = $1 AND project_id = $2 AND status = $3"
IN_COLUMN = """
SELECT * FROM task WHERE team_id = $1 AND project_id = $2 AND status = $3 ORDER BY rank FOR UPDATE
"""


def find(columns: list[Column], key: str) -> Column | None:
    """The column with this key."""
    return next((c for c in columns if c["key"] == key), None)


async def prepare(project: Project, columns: list[Column]) -> list[tuple[str, bool]]:
    """Lock the columns that go or change their meaning; gives those whose `done` changes.

    Raises `Conflict` (column_in_use) for one that goes while tasks are in it.
    """
    turned: list[tuple[str, bool]] = []
    for old in sorted(project.columns, key=lambda c: c["key"]):
        new = find(columns, old["key"])
        if new is not None and new["done"] == old["done"]:
            continue
        await connection().execute(LOCK, project.team_id, project.id, old["key"])
        if new is not None:
            turned.append((old["key"], new["done"]))
        elif used := await connection().fetchval(USED, project.team_id, project.id, old["key"]):
            raise Conflict(
                f"{used} task{'s are' if used > 1 else ' is'} in the column {old['key']}; move them first.",
                code="column_in_use",
                column=old["key"],
                tasks=used,
            )
    return turned


async def finish(project: Project, turned: list[tuple[str, bool]], *, by: Actor) -> None:
    """Complete, or open again, the tasks in columns whose `done` has changed; each is told of."""
    for key, done in turned:
        found = await connection().fetch(IN_COLUMN, project.team_id, project.id, key)
        for task in [Task._from_row(r) for r in found]:
            changes, row = await TaskOut.change(task, {"completed_at": now() if done else None})
            await service.tell(Changed(task, changes, row), by=by)
