"""Dependencies: a task waits for others of its project, and never, by whatever way round, for itself."""

from __future__ import annotations

from collections import deque
from uuid import UUID

from models.actors import Actor
from models.base import Condition
from models.db import connection
from models.errors import Conflict, NotFound, wrong
from models.todos import Task
from server.core.events import record
from server.core.view import Row
from server.todos import blocking
from server.todos.events import TaskDependencyAdded, TaskDependencyRemoved
from server.todos.people import concerned
from server.todos.schemas import TaskOut

# One at a time in a team: two additions at once could close a circle that neither of them sees.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('dependencies/' || $1::uuid, 0))"
# Everything that the blocker ($2) waits for, directly or not.
BEFORE = """
WITH RECURSIVE reach(id) AS (
    SELECT $2::uuid UNION SELECT d.depends_on_id FROM task_dependency d JOIN reach ON d.task_id = reach.id
    WHERE d.team_id = $1
) SELECT d.task_id, d.depends_on_id FROM task_dependency d JOIN reach ON d.task_id = reach.id WHERE d.team_id = $1
"""
TITLES = "SELECT id, title FROM task WHERE team_id = $1 AND id = ANY($2)"
ADD = """
INSERT INTO task_dependency (team_id, task_id, depends_on_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING
RETURNING created_at
"""
REMOVE = "DELETE FROM task_dependency WHERE team_id = $1 AND task_id = $2 AND depends_on_id = $3 RETURNING created_at"
BLOCKERS = (
    "t.team_id = {0} AND t.id IN (SELECT depends_on_id FROM task_dependency WHERE team_id = {0} AND task_id = {1})"
)
WAITING = (
    "t.team_id = {0} AND t.id IN (SELECT task_id FROM task_dependency WHERE team_id = {0} AND depends_on_id = {1})"
)


async def both_ways(id: UUID, *, by: Actor) -> Row:
    """What blocks the task, and what it blocks."""
    task = await Task.get_visible(by, id=id)
    around = (task.team_id, task.id)
    return {
        "blocked_by": await TaskOut.many(Condition(BLOCKERS, around)),
        "blocks": await TaskOut.many(Condition(WAITING, around)),
    }


async def add(id: UUID, depends_on_id: UUID, *, by: Actor) -> Row:
    """Make the task wait for another one.

    Raises `Conflict`: dependency_cycle, with the `path` that would close the circle, or already_exists.
    """
    await connection().execute(ONE_AT_A_TIME, by.team_id)
    await blocking.lock_family(by.team_id, [id, depends_on_id])
    task = await Task.locked(by, id=id)
    other = await _other(task, depends_on_id, by)
    await _refuse_circle(task, other)
    was_blocked = (await TaskOut.of(task))["blocked"]
    if await connection().fetchval(ADD, task.team_id, id, depends_on_id) is None:
        raise Conflict(f"{task.title} waits for {other.title} already.", code="already_exists")
    await task.touch()
    row = await TaskOut.of(task)
    changes = {} if row["blocked"] == was_blocked else {"blocked": [was_blocked, row["blocked"]]}
    told = await concerned(task)
    event = TaskDependencyAdded(depends_on_id=other.id, depends_on_title=other.title, hearers=told)
    await record(event, about=task, by=by, changes=changes, data=row)
    return await both_ways(id, by=by)


async def remove(id: UUID, depends_on_id: UUID, *, by: Actor) -> None:
    """The task no longer waits for the other one. Raises `NotFound` when it did not."""
    task = await Task.locked(by, id=id)
    if await connection().fetchval(REMOVE, task.team_id, id, depends_on_id) is None:
        raise NotFound("There is no such dependency.")
    other = await Task.get_visible(by, id=depends_on_id)
    await task.touch()
    told = await concerned(task)
    event = TaskDependencyRemoved(depends_on_id=other.id, depends_on_title=other.title, hearers=told)
    await record(event, about=task, by=by)
    if other.completed_at is None and task.completed_at is None:
        await blocking.tell_unblocked(other, [task.id], by=by)


async def _other(task: Task, id: UUID, by: Actor) -> Task:
    try:
        other = await Task.get_visible(by, id=id)
    except NotFound:
        raise wrong("depends_on_id", "not_found", "There is no such task.") from None
    if other.project_id != task.project_id:
        raise wrong("depends_on_id", "other_project", "A task can wait only for tasks of its own project.")
    return other


async def _refuse_circle(task: Task, other: Task) -> None:
    """Raise `Conflict` when `other` waits for `task` already."""
    edges: dict[UUID, list[UUID]] = {}
    for row in await connection().fetch(BEFORE, task.team_id, other.id):
        edges.setdefault(row["task_id"], []).append(row["depends_on_id"])
    way = _way(edges, other.id, task.id)
    if way is None:
        return
    ids = [task.id, *way]
    titles = {r["id"]: r["title"] for r in await connection().fetch(TITLES, task.team_id, ids)}
    told = " → ".join(titles[id] for id in ids)
    raise Conflict(
        f"This would close a circle: {told}.",
        code="dependency_cycle",
        path=[{"id": str(id), "title": titles[id]} for id in ids],
    )


def _way(edges: dict[UUID, list[UUID]], start: UUID, end: UUID) -> list[UUID] | None:
    """The shortest way along the edges, both ends included."""
    came_from: dict[UUID, UUID | None] = {start: None}
    queue = deque([start])
    while queue:
        at = queue.popleft()
        if at == end:
            way = [at]
            while (before := came_from[way[-1]]) is not None:
                way.append(before)
            return way[::-1]
        for following in edges.get(at, ()):
            if following not in came_from:
                came_from[following] = at
                queue.append(following)
    return None
