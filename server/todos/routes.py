"""The endpoints of tasks and labels."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from models.base import Condition
from models.db import connection
from models.errors import wrong
from models.projects import Project
from models.todos import Task
from server.core.filters import Filter
from server.core.pages import Listing, ListQuery, SortKey
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row, Shown
from server.settings import custom_fields
from server.todos import bulk, parts, service
from server.todos.schemas import BulkIn, MoveIn, ProjectTaskIn, TaskIn, TaskOut, TaskPatch

# Importing the parts declares their endpoints.
__all__ = ["parts", "routes"]

routes = Routes("/api/tasks", tag="tasks", about=Task)
of_project = Routes("/api/projects/{id}/tasks", tag="projects", about=Project)
labels = Routes("/api/labels", tag="tasks")

ASSIGNED = "SELECT 1 FROM task_assignee ta WHERE ta.team_id = t.team_id AND ta.task_id = t.id"
PRIORITY = "array_position(ARRAY['low', 'medium', 'high', 'urgent'], t.priority)"
FILTERS = {
    **dict.fromkeys(
        ("title", "status", "project_id", "parent_id", "priority", "start_at", "due_at", "estimate_minutes"), Filter()
    ),
    **dict.fromkeys(("blocked", "completed_at", "created_at", "updated_at", "created_by"), Filter()),
    "assignee_id": Filter(
        "uuid", holds=f"EXISTS ({ASSIGNED} AND ta.user_id = ANY({{0}}))", empty=f"NOT EXISTS ({ASSIGNED})"
    ),
    "label": Filter("text", holds="t.labels && {0}", empty="t.labels = '{}'"),
}
SORTS = {
    **{n: SortKey(f"t.{n}", "time") for n in ("created_at", "updated_at")},
    **{n: SortKey(f"t.{n}", "time", nullable=True) for n in ("start_at", "due_at", "completed_at")},
    **{n: SortKey(f"t.{n}") for n in ("title", "status", "rank")},
    "priority": SortKey(PRIORITY, "int"),
}
OWN = partial(custom_fields.filters, "task")
listing = Listing(TaskOut, filters=FILTERS, sort=SORTS, search=True, more=OWN)
mine_listing = Listing(TaskOut, filters=FILTERS, sort=SORTS, search=True, default="due_at", more=OWN)

COUNTS = """
SELECT l.name, count(*) AS count FROM task t, LATERAL unnest(t.labels) AS l(name) WHERE {where}
GROUP BY l.name ORDER BY count(*) DESC, l.name
"""


class LabelOut(BaseModel):
    """A label, and on how many of the tasks that the caller sees it is."""

    name: str
    count: int


class LabelsOut(BaseModel):
    items: list[LabelOut]
    next_cursor: None


class BulkOut(BaseModel):
    """The tasks as they are now, in the order asked."""

    items: list[TaskOut]


@routes.get("", can=Can.TASKS_READ, gives=TaskOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The tasks that the caller may see, a page at a time."""
    return await listing.shown(query, ctx.actor)


@routes.post("", can=Can.TASKS_WRITE, gives=TaskOut, status=201, whole=True)
async def create(ctx: Context, body: TaskIn) -> Row | Shown:
    """Create a task, at the end of its column."""
    return await service.create_one(body.model_dump(), by=ctx.actor)


@routes.get("/mine", can=Can.TASKS_READ, gives=TaskOut, listing=mine_listing)
async def mine(ctx: Context, query: ListQuery) -> Row:
    """The caller's open tasks over all projects, by when they are due."""
    own = Condition(f"t.completed_at IS NULL AND EXISTS ({ASSIGNED} AND ta.user_id = {{0}})", (ctx.actor.id,))
    return await mine_listing.shown(query, ctx.actor, where=own)


@routes.post("/bulk/update", can=Can.TASKS_WRITE, gives=BulkOut)
async def bulk_update(ctx: Context, body: BulkIn) -> Row:
    """Change many tasks at once: all of them, or none."""
    return {"items": await bulk.update(body.ids, body.changes.sent(), by=ctx.actor)}


@routes.get("/{id}", can=Can.TASKS_READ, gives=TaskOut)
async def get_one(ctx: Context, id: UUID) -> Shown:
    """One task."""
    return await TaskOut.shown(ctx.actor, id)


@routes.patch("/{id}", can=Can.TASKS_WRITE, gives=TaskOut, whole=True)
async def change(ctx: Context, id: UUID, body: TaskPatch) -> Row | Shown:
    """Change the fields sent."""
    values = body.sent()
    shift = values.pop("shift_dependents", False)
    return await service.change(id, values, by=ctx.actor, shift_dependents=shift)


@routes.put("/{id}", can=Can.TASKS_WRITE, gives=TaskOut)
async def replace(ctx: Context, id: UUID, body: TaskIn) -> Row | Shown:
    """Replace the task's editable fields; what is left out gets its default, but the task stays in its project."""
    values: dict[str, Any] = body.model_dump()
    if "project_id" not in body.model_fields_set:
        del values["project_id"]
    return await service.change(id, values, by=ctx.actor, replace=True)


@routes.delete("/{id}", can=Can.TASKS_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove the task, with its subtasks and all that hangs on them."""
    await service.delete(id, by=ctx.actor)


@routes.patch("/{id}/move", can=Can.TASKS_WRITE, gives=TaskOut)
async def move(ctx: Context, id: UUID, body: MoveIn) -> Row | Shown:
    """Put the card into a column, before or after another card, or at its end."""
    return await service.move(id, body.status, before=body.before_id, after=body.after_id, by=ctx.actor)


@routes.patch("/{id}/complete", can=Can.TASKS_WRITE, gives=TaskOut)
async def complete(ctx: Context, id: UUID) -> Row | Shown:
    """Finish the task: it goes to the first column that is done."""
    return await service.set_done(id, True, by=ctx.actor)


@routes.patch("/{id}/uncomplete", can=Can.TASKS_WRITE, gives=TaskOut)
async def uncomplete(ctx: Context, id: UUID) -> Row | Shown:
    """Open the task again: it goes to the first column that is not done."""
    return await service.set_done(id, False, by=ctx.actor)


@of_project.get("", can=Can.TASKS_READ, gives=TaskOut, listing=listing)
async def list_of_project(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The project's tasks, a page at a time."""
    await Project.get_visible(ctx.actor, id=id)
    return await listing.shown(query, ctx.actor, where=Condition("t.project_id = {0}", (id,)))


@of_project.post("", can=Can.TASKS_WRITE, gives=TaskOut, status=201, location="/api/tasks/{id}", whole=True)
async def create_in_project(ctx: Context, id: UUID, body: ProjectTaskIn) -> Row | Shown:
    """Add a task to the project, at the end of its column."""
    await Project.get_visible(ctx.actor, id=id)
    if body.project_id not in (None, id):
        raise wrong("project_id", "not_allowed", "Differs from the project in the address.")
    return await service.create_one(body.model_dump() | {"project_id": id}, by=ctx.actor)


@labels.get("", can=Can.TASKS_READ, gives=LabelsOut)
async def used_labels(ctx: Context) -> Row:
    """The labels on the tasks that the caller sees, the most used first."""
    visible = Task.visible_to(ctx.actor)
    rows = await connection().fetch(COUNTS.format(where=visible.numbered(1)), *visible.args)
    return {"items": [dict(r) for r in rows], "next_cursor": None}
