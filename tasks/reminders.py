"""Reminders by the clock: open tasks that are due within a day."""

from __future__ import annotations

from datetime import timedelta

from models.actors import system_actor
from models.clock import now
from models.db import connection
from models.todos import Task
from server.core.events import record
from server.todos.events import TaskDueSoon
from tasks.context import JobContext
from tasks.registry import NoArgs, job
from tasks.schedule import schedule

SOON = timedelta(hours=24)
AT_ONCE = 100

# The mark is the promise that nobody is reminded twice of one due date.
DUE = """
WITH due AS (
    INSERT INTO due_reminder (team_id, task_id, due_at)
    SELECT t.team_id, t.id, t.due_at FROM task t
    WHERE t.due_at > $1 AND t.due_at <= $2 AND t.completed_at IS NULL
        AND EXISTS (SELECT 1 FROM task_assignee a WHERE a.team_id = t.team_id AND a.task_id = t.id)
        AND NOT EXISTS (SELECT 1 FROM due_reminder r WHERE r.task_id = t.id AND r.due_at = t.due_at)
    ORDER BY t.due_at LIMIT $3
    ON CONFLICT DO NOTHING RETURNING task_id
)
SELECT t.* FROM task t JOIN due ON due.task_id = t.id ORDER BY t.due_at, t.id
"""
MEMBERS = """
SELECT m.id FROM task_assignee a JOIN member m ON m.team_id = a.team_id AND m.user_id = a.user_id AND m.left_at IS NULL
WHERE a.team_id = $1 AND a.task_id = $2 ORDER BY m.id
"""


@job("remind_due", quiet=True)
async def remind_due(ctx: JobContext, args: NoArgs) -> dict[str, int]:
    """Tell people of their tasks that are due within a day."""
    reminded = 0
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(DUE, now(), now() + SOON, AT_ONCE)
            for row in rows:
                await _remind(Task._init_from_db(**row))
        reminded += len(rows)
        if len(rows) < AT_ONCE:
            return {"reminded": reminded}


async def _remind(task: Task) -> None:
    members = [row["id"] for row in await connection().fetch(MEMBERS, task.team_id, task.id)]
    if members and task.due_at is not None:
        fact = TaskDueSoon(member_ids=members, due_at=task.due_at)
        await record(fact, about=task, by=system_actor(task.team_id))


schedule("tasks.due_soon", "*/5 * * * *", job="remind_due", catch_up="latest")
