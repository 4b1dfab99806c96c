"""The endpoints of what hangs on a task: dependencies, comments, checklist, time."""

from __future__ import annotations

from uuid import UUID

from models.base import Condition
from models.todos import ChecklistItem, Comment, Task, TimeEntry
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.todos import checklist, comments, dependencies, time
from server.todos.part_schemas import (
    ChecklistItemIn,
    ChecklistItemOut,
    ChecklistItemPatch,
    CommentIn,
    CommentOut,
    CommentPatch,
    DependenciesOut,
    DependencyIn,
    TimeEntryIn,
    TimeEntryOut,
    TimeEntryPatch,
)

on_task = Routes("/api/tasks/{id}", tag="tasks", about=Task)
comment_routes = Routes("/api/comments", tag="tasks", about=Comment)
item_routes = Routes("/api/checklist-items", tag="tasks", about=ChecklistItem)
entry_routes = Routes("/api/time-entries", tag="tasks", about=TimeEntry)

comment_listing = Listing(CommentOut, filters=["visibility", "created_at"], sort=["created_at"], default="created_at")
item_listing = Listing(ChecklistItemOut, filters=["done"], sort=["position", "created_at"], default="position")
entry_listing = Listing(
    TimeEntryOut,
    filters=["user_id", "started_at", "ended_at", "billable"],
    sort=["started_at", "created_at"],
    default="-started_at",
)


async def _of_task(listing: Listing, ctx: Context, id: UUID, query: ListQuery) -> Row:
    await Task.get_visible(ctx.actor, id=id)
    return await listing.shown(query, ctx.actor, where=Condition("t.task_id = {0}", (id,)))


@on_task.get("/dependencies", can=Can.TASKS_READ, gives=DependenciesOut)
async def list_dependencies(ctx: Context, id: UUID) -> Row:
    """What blocks the task and what it blocks."""
    return await dependencies.both_ways(id, by=ctx.actor)


@on_task.post(
    "/dependencies",
    can=Can.TASKS_WRITE,
    gives=DependenciesOut,
    status=201,
    location="/api/tasks/{of}/dependencies",
)
async def add_dependency(ctx: Context, id: UUID, body: DependencyIn) -> Row:
    """Make the task wait for another one; a circle is refused, with the path that would close it."""
    return await dependencies.add(id, body.depends_on_id, by=ctx.actor)


@on_task.delete("/dependencies/{depends_on_id}", can=Can.TASKS_WRITE)
async def remove_dependency(ctx: Context, id: UUID, depends_on_id: UUID) -> None:
    """The task no longer waits for the other one."""
    await dependencies.remove(id, depends_on_id, by=ctx.actor)


@on_task.get("/comments", can=Can.TASKS_READ, gives=CommentOut, listing=comment_listing)
async def list_comments(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The task's comments, the first one first."""
    return await _of_task(comment_listing, ctx, id, query)


@on_task.post("/comments", can=Can.COMMENTS_WRITE, gives=CommentOut, status=201, location="/api/comments/{id}")
async def comment(ctx: Context, id: UUID, body: CommentIn) -> Row:
    """Comment on the task; whom an @mention calls is told."""
    return await comments.create(id, body.model_dump(), by=ctx.actor)


@comment_routes.patch("/{id}", can=Can.COMMENTS_WRITE, gives=CommentOut)
async def edit_comment(ctx: Context, id: UUID, body: CommentPatch) -> Row:
    """Edit one's own comment."""
    return await comments.change(id, body.sent(), by=ctx.actor)


@comment_routes.delete("/{id}", can=Can.COMMENTS_WRITE)
async def delete_comment(ctx: Context, id: UUID) -> None:
    """Remove one's own comment; managers may remove anybody's."""
    await comments.delete(id, by=ctx.actor)


@on_task.get("/checklist", can=Can.TASKS_READ, gives=ChecklistItemOut, listing=item_listing)
async def list_items(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The task's checklist, in order."""
    return await _of_task(item_listing, ctx, id, query)


@on_task.post(
    "/checklist", can=Can.TASKS_WRITE, gives=ChecklistItemOut, status=201, location="/api/checklist-items/{id}"
)
async def add_item(ctx: Context, id: UUID, body: ChecklistItemIn) -> Row:
    """Add a line to the checklist."""
    return await checklist.add(id, body.model_dump(), by=ctx.actor)


@item_routes.patch("/{id}", can=Can.TASKS_WRITE, gives=ChecklistItemOut)
async def change_item(ctx: Context, id: UUID, body: ChecklistItemPatch) -> Row:
    """Tick, rename or move a line."""
    return await checklist.change(id, body.sent(), by=ctx.actor)


@item_routes.delete("/{id}", can=Can.TASKS_WRITE)
async def remove_item(ctx: Context, id: UUID) -> None:
    """Remove a line."""
    await checklist.remove(id, by=ctx.actor)


@on_task.get("/time-entries", can=Can.TASKS_READ, gives=TimeEntryOut, listing=entry_listing)
async def list_entries(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """Time logged on the task: one's own, or everybody's for those who may see it."""
    return await _of_task(entry_listing, ctx, id, query)


@on_task.post("/time-entries", can=Can.TIME_WRITE, gives=TimeEntryOut, status=201, location="/api/time-entries/{id}")
async def log_time(ctx: Context, id: UUID, body: TimeEntryIn) -> Row:
    """Log time, or start a timer; the caller's timer that ran before stops."""
    return await time.log(id, body.model_dump(), by=ctx.actor)


@entry_routes.patch("/{id}", can=Can.TIME_WRITE, gives=TimeEntryOut)
async def change_entry(ctx: Context, id: UUID, body: TimeEntryPatch) -> Row:
    """Stop the timer, or correct the entry."""
    return await time.change(id, body.sent(), by=ctx.actor)


@entry_routes.delete("/{id}", can=Can.TIME_WRITE)
async def remove_entry(ctx: Context, id: UUID) -> None:
    """Remove the entry."""
    await time.delete(id, by=ctx.actor)
