"""The rooms of a project, for whoever may read it, and of all projects."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.projects import Project
from realtime.rooms import room_kind
from server.core.permissions import Can


@room_kind("project", signals=["typing"])
async def may_read(actor: Actor, id: UUID) -> bool:
    visible = Project.visible_to(actor)
    sql = f"SELECT EXISTS (SELECT 1 FROM project t WHERE t.id = $1 AND {visible.numbered(2)})"
    return actor.may(Can.PROJECTS_READ) and bool(await connection().fetchval(sql, id, *visible.args))


@room_kind("projects")
async def may_read_all(actor: Actor, id: UUID) -> bool:
    """The room of the team's projects as such, for whoever sees them all."""
    return id == actor.team_id and not actor.scoped and actor.may(Can.PROJECTS_READ)
