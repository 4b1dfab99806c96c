"""Tasks under tasks: a subtask is on its parent's board, and nobody is their own ancestor."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import Conflict, wrong
from models.todos import Task

# Two people who nest two tasks into each other at once: the second waits here, and then sees the first one's.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('nesting/' || $1::uuid, 0))"
ANCESTORS = """
WITH RECURSIVE up(id, parent_id) AS (
    SELECT id, parent_id FROM task WHERE team_id = $1 AND id = $2
    UNION SELECT k.id, k.parent_id FROM task k JOIN up ON k.id = up.parent_id WHERE k.team_id = $1
) SELECT id FROM up
"""
BELOW = """
WITH RECURSIVE down(id) AS (
    SELECT id FROM task WHERE team_id = $1 AND parent_id = $2
    UNION SELECT k.id FROM task k JOIN down ON k.parent_id = down.id WHERE k.team_id = $1
) SELECT k.* FROM task k JOIN down ON k.id = down.id WHERE k.team_id = $1 ORDER BY k.id FOR UPDATE OF k
"""
TIES = """
SELECT EXISTS (SELECT 1 FROM task WHERE team_id = $1 AND parent_id = $2) OR EXISTS (
    SELECT 1 FROM task_dependency WHERE team_id = $1 AND (task_id = $2 OR depends_on_id = $2))
"""


async def check(by: Actor, project_id: UUID | None, parent_id: UUID, *, of: Task | None = None) -> None:
    """Raise `Invalid` unless the parent is a task of that project that the actor sees, `Conflict` (parent_cycle) when
    it lies below the task itself."""
    visible = Task.visible_to(by)
    sql = f"SELECT t.project_id FROM task t WHERE t.id = $1 AND {visible.numbered(2)}"
    found = await connection().fetchrow(sql, parent_id, *visible.args)
    if found is None:
        raise wrong("parent_id", "not_found", "There is no such task.")
    if found["project_id"] != project_id:
        raise wrong("parent_id", "other_project", "The parent is in another project.")
    if of is None:
        return
    await connection().execute(ONE_AT_A_TIME, of.team_id)
    ancestors = {r["id"] for r in await connection().fetch(ANCESTORS, of.team_id, parent_id)}
    if of.id in ancestors:
        raise Conflict("The parent lies below this task.", code="parent_cycle")


async def below(task: Task) -> list[Task]:
    """All subtasks, theirs too, locked for change."""
    return [Task._from_row(r) for r in await connection().fetch(BELOW, task.team_id, task.id)]


async def check_free(task: Task) -> None:
    """Raise `Conflict` (task_tied) while other tasks hang on this one or it hangs on others: it cannot change its
    project alone."""
    if task.parent_id is not None or await connection().fetchval(TIES, task.team_id, task.id):
        raise Conflict(
            "Take it out of its parent, and remove its subtasks and dependencies, before it changes its project.",
            code="task_tied",
        )
