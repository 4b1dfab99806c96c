"""A new project from an old one: its people, milestones and tasks, with their dates shifted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import wrong
from models.ids import uuid7
from models.money import from_minor
from models.projects import Project
from server.core.events import record
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.schemas import Day, In, Line
from server.core.view import Row
from server.projects import service
from server.projects.events import ProjectMemberAdded
from server.projects.schemas import ProjectOut
from server.todos.rank import spread

routes = Routes("/api/projects", tag="projects", about=Project)

FIRST_DATE = """
SELECT least((SELECT min(due_on) FROM milestone WHERE team_id = $1 AND project_id = $2),
    (SELECT min(least(start_at, due_at) AT TIME ZONE 'UTC')::date FROM task WHERE team_id = $1 AND project_id = $2))
"""
MEMBERS = """
INSERT INTO project_member (id, team_id, project_id, user_id)
SELECT gen_random_uuid(), pm.team_id, $3, pm.user_id FROM project_member pm
JOIN member m ON m.team_id = pm.team_id AND m.user_id = pm.user_id AND m.left_at IS NULL
WHERE pm.team_id = $1 AND pm.project_id = $2 ON CONFLICT DO NOTHING RETURNING user_id
"""
PEOPLE = """
SELECT m.id AS member_id, m.user_id, u.name FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.team_id = $1 AND m.user_id = ANY($2) ORDER BY m.id
"""
MILESTONES = """
INSERT INTO milestone (id, team_id, project_id, name, due_on, created_at, updated_at)
SELECT gen_random_uuid(), team_id, $3, name, due_on + $4::int, $5, $5 FROM milestone
WHERE team_id = $1 AND project_id = $2
"""
TASK_ROWS = """
SELECT id, status, completed_at IS NOT NULL AS done FROM task WHERE team_id = $1 AND project_id = $2
ORDER BY completed_at IS NOT NULL, rank
"""
TASKS = """
INSERT INTO task (id, team_id, project_id, parent_id, title, status, rank, priority, start_at, due_at,
                  estimate_minutes, labels, description, custom, created_by, created_at, updated_at)
SELECT n.new_id, t.team_id, $2, p.new_id, t.title, n.status, n.rank, t.priority, t.start_at + $3::interval,
       t.due_at + $3::interval, t.estimate_minutes, t.labels, t.description, t.custom, $4, $5, $5
FROM task t
JOIN unnest($6::uuid[], $7::uuid[], $8::text[], $9::text[]) AS n(old_id, new_id, status, rank) ON n.old_id = t.id
LEFT JOIN unnest($6::uuid[], $7::uuid[]) AS p(old_id, new_id) ON p.old_id = t.parent_id
WHERE t.team_id = $1
"""
COPIED = "FROM {table} o JOIN unnest($2::uuid[], $3::uuid[]) AS n(old_id, new_id) ON n.old_id = o.task_id"
ASSIGNEES = f"""
INSERT INTO task_assignee (team_id, task_id, user_id, position)
SELECT o.team_id, n.new_id, o.user_id, o.position {COPIED.format(table="task_assignee")}
JOIN member m ON m.team_id = o.team_id AND m.user_id = o.user_id AND m.left_at IS NULL WHERE o.team_id = $1
"""
DEPENDENCIES = f"""
INSERT INTO task_dependency (team_id, task_id, depends_on_id)
SELECT o.team_id, n.new_id, b.new_id {COPIED.format(table="task_dependency")}
JOIN unnest($2::uuid[], $3::uuid[]) AS b(old_id, new_id) ON b.old_id = o.depends_on_id WHERE o.team_id = $1
"""
CHECKLISTS = f"""
INSERT INTO checklist_item (id, team_id, task_id, title, position)
SELECT gen_random_uuid(), o.team_id, n.new_id, o.title, o.position {COPIED.format(table="checklist_item")}
WHERE o.team_id = $1
"""


class DuplicateIn(In):
    """The copy's name (“… (copy)” if left out), and its first day: all dates move with it."""

    name: Line | None = None
    start_on: Day | None = None


@routes.post("/{id}/duplicate", can=Can.PROJECTS_WRITE, gives=ProjectOut, status=201, location="/api/projects/{id}")
async def duplicate(ctx: Context, id: UUID, body: DuplicateIn) -> Row:
    """A new project with this one's people, milestones, tasks, checklists and dependencies, its dates shifted.

    Comments and time stay behind; what was finished is open again.
    """
    return await ProjectOut.of(await copy(id, name=body.name, start_on=body.start_on, by=ctx.actor))


async def copy(id: UUID, *, name: str | None, start_on: date | None, by: Actor) -> Project:
    """Make the copy and tell of it; whoever is on it is told as for any project."""
    source = await Project.get_visible(by, id=id)
    days = await _days(source, start_on)
    project = await service.create(_values(source, name, days), by=by, copied_from=source.id)
    await _people(source, project, by)
    await connection().execute(MILESTONES, by.team_id, source.id, project.id, days, now())
    await _tasks(source, project, days, by)
    return project


async def _days(source: Project, start_on: date | None) -> int:
    if start_on is None:
        return 0
    first = source.start_on or await connection().fetchval(FIRST_DATE, source.team_id, source.id)
    if first is None:
        first = source.due_on or start_on
    return (start_on - first).days


def _values(source: Project, name: str | None, days: int) -> dict[str, Any]:
    shift = timedelta(days=days)
    try:
        dates = {n: d and d + shift for n, d in (("start_on", source.start_on), ("due_on", source.due_on))}
    except OverflowError:
        raise wrong("start_on", "out_of_range", "The dates cannot be shifted that far.") from None
    return dates | {
        "name": name or f"{source.name[:190]} (copy)",
        "status": "planned" if source.status == "planned" else "active",
        "client_id": source.client_id,
        "budget": None if source.budget is None else from_minor(source.budget, source.currency),
        "currency": source.currency,
        "color": source.color,
        "description": source.description,
        "columns": source.columns,
        "custom": source.custom,
    }


async def _people(source: Project, project: Project, by: Actor) -> None:
    added = [r["user_id"] for r in await connection().fetch(MEMBERS, by.team_id, source.id, project.id)]
    for person in await connection().fetch(PEOPLE, by.team_id, added):
        await record(ProjectMemberAdded(**person), about=project, by=by)


async def _tasks(source: Project, project: Project, days: int, by: Actor) -> None:
    """Copy the tasks; what was finished is open again, in the first open column, behind what is there."""
    rows = await connection().fetch(TASK_ROWS, by.team_id, source.id)
    old, new = [r["id"] for r in rows], [uuid7() for _ in rows]
    opened = next(c["key"] for c in source.columns if not c["done"])
    status = [opened if r["done"] else r["status"] for r in rows]
    ranks, shift = spread(None, None, len(rows)), timedelta(days=days)
    await connection().execute(TASKS, by.team_id, project.id, shift, by.id, now(), old, new, status, ranks)
    for statement in (ASSIGNEES, DEPENDENCIES, CHECKLISTS):
        await connection().execute(statement, by.team_id, old, new)
