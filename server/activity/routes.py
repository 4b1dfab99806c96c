"""The activity feed of a project."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from models.projects import Project
from server.activity import service
from server.activity.schemas import ActivityPage
from server.core.pages import DEFAULT_LIMIT, MAX_LIMIT
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.schemas import In
from server.core.view import Row

routes = Routes("/api/projects", tag="projects", about=Project)


class ActivityQuery(In):
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=200)


@routes.get("/{id}/activity", can=Can.PROJECTS_READ, gives=ActivityPage)
async def activity(ctx: Context, id: UUID, query: ActivityQuery) -> Row:
    """What happened in the project, newest first."""
    await Project.get_visible(ctx.actor, id=id)
    return await service.of_project(id, by=ctx.actor, limit=query.limit, cursor=query.cursor)
