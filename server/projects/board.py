"""The board: a project's tasks by column, and the seq of its room that they are true at."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from models.base import Condition
from models.projects import Project
from server.core import log
from server.core.permissions import Can
from server.core.rooms import project_room
from server.core.routing import Context, Routes
from server.core.view import Row
from server.projects.schemas import ProjectOut
from server.todos.schemas import TaskOut

routes = Routes("/api/projects", tag="projects", about=Project)


class BoardColumn(BaseModel):
    key: str
    name: str
    done: bool
    tasks: list[TaskOut]


class BoardOut(BaseModel):
    """`seq` and `epoch` are the room's, read in the same snapshot: join it with them and nothing is missed."""

    project: ProjectOut
    columns: list[BoardColumn]
    room: str
    epoch: str
    seq: int


@routes.get("/{id}/board", can=Can.TASKS_READ, gives=BoardOut, tx="snapshot")
async def board(ctx: Context, id: UUID) -> Row:
    """The project's tasks by column, in order, with the room's seq that they are true at."""
    at = await log.head(project_room(id))
    project = await Project.get_visible(ctx.actor, id=id)
    shown = await ProjectOut.of(project)
    tasks = await TaskOut.many(Condition("t.team_id = {0} AND t.board_id = {1}", (project.team_id, id)), order="t.rank")
    columns = [c | {"tasks": [t for t in tasks if t["status"] == c["key"]]} for c in project.columns]
    return {"project": shown, "columns": columns, "room": at.room, "epoch": at.epoch, "seq": at.seq}
