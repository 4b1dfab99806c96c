"""What goes with a person who goes: places on projects, tasks, rooms they may be in, and what they own of records."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.identity import Member
from models.todos import Task
from server.core.jobs import enqueue
from server.core.log import rooms_of
from server.core.permissions import SCOPED_ROLES
from server.core.rooms import is_shared
from server.projects import people
from server.todos import service

PROJECTS = "SELECT project_id FROM project_member WHERE team_id = $1 AND user_id = $2 ORDER BY project_id"
TASKS = """
SELECT t.* FROM task t JOIN task_assignee ta ON ta.team_id = t.team_id AND ta.task_id = t.id
WHERE ta.team_id = $1 AND ta.user_id = $2 ORDER BY t.id FOR UPDATE OF t
"""


async def unstaff(member: Member, *, by: Actor) -> None:
    """Take the person off all tasks and projects, each of which tells so in its own room."""
    for row in await connection().fetch(TASKS, member.team_id, member.user_id):
        task = Task._from_row(row)
        others = [id for id in await service.assigned(task) if id != member.user_id]
        await service.tell(await service.write(task, {"assignee_ids": others}, by=by), by=by)
    for row in await connection().fetch(PROJECTS, member.team_id, member.user_id):
        await people.take_off(row["project_id"], member.user_id, by=by)


async def ask_to_hand_over(member: Member, to: UUID | None) -> None:
    """Have what they own given to somebody, or to nobody, by a job: there may be thousands (see `tasks/teams.py`)."""
    await enqueue("hand_over_records", {"user_id": member.user_id, "to": to})


async def shared_rooms(member: Member, role: str) -> tuple[str, ...]:
    """The rooms, besides the own one, that the person may be in by a role, each of which tells that they lose it.

    Who sees only some projects leaves those one by one (`unstaff`), and is else only in rooms of the whole team.
    """
    rooms = filter(is_shared, await rooms_of(member.team_id))
    return tuple(room for room in rooms if role not in SCOPED_ROLES or room.endswith(f":{member.team_id}"))
