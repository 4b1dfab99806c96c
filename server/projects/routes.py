"""The endpoints of projects and of the people on them."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from pydantic import Field

from models.base import Condition
from models.projects import Project
from server.core import log
from server.core.documents.signals import Joined
from server.core.pages import Listing, ListQuery, SortKey
from server.core.permissions import Can
from server.core.rooms import project_room
from server.core.routing import Context, Routes
from server.core.schemas import In
from server.core.view import Row
from server.projects import board, clients, duplicate, milestones, people, service
from server.projects.schemas import MemberIn, ProjectIn, ProjectMemberOut, ProjectOut, ProjectPatch
from server.settings import custom_fields

# Importing the others declares their endpoints.
__all__ = ["board", "duplicate", "milestones", "routes"]

routes = Routes("/api/projects", tag="projects", about=Project)
listing = Listing(
    ProjectOut,
    filters=["name", "status", "client_id", "start_on", "due_on", "currency", "created_at", "updated_at"],
    sort=["name", "status", "start_on", "due_on", "created_at", "updated_at"],
    search=True,
    more=partial(custom_fields.filters, "project"),
)
members_listing = Listing(ProjectMemberOut, sort={"joined_at": SortKey("t.created_at", "time")}, default="joined_at")


class EventsQuery(In):
    """Where the caller's copy of the room stands."""

    after: int | None = Field(default=None, ge=0)
    epoch: str | None = Field(default=None, max_length=64)


@routes.get("", can=Can.PROJECTS_READ, gives=ProjectOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The projects that the caller may see, a page at a time."""
    page = await listing.page(query, ctx.actor)
    await clients.fill(page["items"], by=ctx.actor)
    return page


@routes.post("", can=Can.PROJECTS_WRITE, gives=ProjectOut, status=201)
async def create(ctx: Context, body: ProjectIn) -> Row:
    """Create a project; its maker is on it."""
    return await ProjectOut.of(await service.create(body.model_dump(), by=ctx.actor))


@routes.get("/{id}", can=Can.PROJECTS_READ, gives=ProjectOut)
async def get_one(ctx: Context, id: UUID) -> Row:
    """One project."""
    row = await ProjectOut.one(ctx.actor, id, ctx.include)
    await clients.fill([row], by=ctx.actor)
    return row


@routes.patch("/{id}", can=Can.PROJECTS_WRITE, gives=ProjectOut)
async def change(ctx: Context, id: UUID, body: ProjectPatch) -> Row:
    """Change the fields sent."""
    return await service.change(id, body.model_dump(include=body.model_fields_set), by=ctx.actor)


@routes.put("/{id}", can=Can.PROJECTS_WRITE, gives=ProjectOut)
async def replace(ctx: Context, id: UUID, body: ProjectIn) -> Row:
    """Replace the project's editable fields; what is left out gets its default."""
    return await service.change(id, body.model_dump(), by=ctx.actor, replace=True)


@routes.delete("/{id}", can=Can.PROJECTS_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove the project with all that is in it."""
    await service.delete(id, by=ctx.actor)


@routes.get("/{id}/members", can=Can.PROJECTS_READ, gives=ProjectMemberOut, listing=members_listing)
async def members(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The people on the project."""
    await Project.get_visible(ctx.actor, id=id)
    on_it = Condition(
        "t.project_id = {0} AND EXISTS (SELECT 1 FROM member m WHERE m.team_id = t.team_id "
        "AND m.user_id = t.user_id AND m.left_at IS NULL)",
        (id,),
    )
    return await members_listing.shown(query, ctx.actor, where=on_it)


@routes.post(
    "/{id}/members",
    can=Can.PROJECTS_WRITE,
    gives=ProjectMemberOut,
    status=201,
    location="/api/projects/{project_id}/members",
)
async def put_on(ctx: Context, id: UUID, body: MemberIn) -> Row:
    """Put a member of the team on the project."""
    return await people.put_on(id, body.user_id, by=ctx.actor)


@routes.delete("/{id}/members/{user_id}", can=Can.PROJECTS_WRITE)
async def take_off(ctx: Context, id: UUID, user_id: UUID) -> None:
    """Take a person off the project; they leave its room at once."""
    await people.take_off(id, user_id, by=ctx.actor)


@routes.get("/{id}/events", can=Can.PROJECTS_READ, gives=Joined, tx="snapshot")
async def events(ctx: Context, id: UUID, query: EventsQuery) -> dict[str, Any]:
    """What happened in the project's room after a seq: what a socket's `join` acknowledges."""
    await Project.get_visible(ctx.actor, id=id)
    at = await log.head(project_room(id))
    return (await log.replay(at, query.after, query.epoch)).as_answer()
