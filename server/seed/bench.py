"""20 projects and 10,000 tasks, to measure against; the tasks are written in bulk and have no events of their own."""

from __future__ import annotations

from datetime import timedelta

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.ids import uuid7
from server.core.unit import unit_of_work
from server.projects import service as projects
from server.projects.schemas import ProjectIn
from server.todos.rank import spread

PROJECTS, TASKS = 20, 500
STATUSES = ("todo", "doing", "review", "done")
PRIORITIES = ("low", "medium", "high", "urgent")
ADD = """
INSERT INTO task (id, team_id, project_id, title, status, rank, priority, due_at, labels, completed_at, created_by,
                  created_at, updated_at)
SELECT i.id, $1, $2, i.title, i.status, i.rank, i.priority, i.due_at, ARRAY[i.label],
       CASE WHEN i.status = 'done' THEN i.made END, $3, i.made, i.made
FROM unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[], $10::text[],
            $11::timestamptz[]) AS i(id, title, status, rank, priority, due_at, label, made)
"""
ASSIGN = """
INSERT INTO task_assignee (team_id, task_id, user_id, position)
SELECT team_id, id, $2, 0 FROM task WHERE team_id = $1 AND project_id = $3
"""


async def work(owner: Actor) -> None:
    """The projects, each with 500 tasks over its four columns."""
    for number in range(PROJECTS):
        async with unit_of_work(owner) as unit:
            if await unit.conn.fetchval("SELECT 1 FROM project WHERE name = $1", f"Project {number + 1:02}"):
                continue
            body = ProjectIn(name=f"Project {number + 1:02}")
            project = await projects.create(body.model_dump(), by=owner)
            ranks, at = spread(None, None, TASKS), now()
            places = range(TASKS)
            await connection().execute(
                ADD,
                owner.team_id,
                project.id,
                owner.id,
                [uuid7() for _ in places],
                [f"Task {i + 1} of project {number + 1}: {_WORDS[i % len(_WORDS)]}" for i in places],
                [STATUSES[i % 4] for i in places],
                ranks,
                [PRIORITIES[i % 4] for i in places],
                [at + timedelta(hours=i) for i in places],
                [_WORDS[i % len(_WORDS)].split()[0] for i in places],
                [at - timedelta(minutes=TASKS - i) for i in places],
            )
            await connection().execute(ASSIGN, owner.team_id, owner.id, project.id)


_WORDS = ("logo sketches", "storyboard frames", "copy for the landing page", "colour grading", "client feedback")
