"""Who may see a task, and so may be asked to do it or be called by a comment."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import FieldError, Invalid
from models.todos import Task
from server.core.permissions import SCOPED_ROLES

# Who is in the team and sees the project ($2; no project: everybody), for being on it or for their role.
SEEING = """
SELECT m.id AS member_id, m.user_id, u.name, u.email, m.role FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.team_id = $1 AND m.left_at IS NULL AND u.deactivated_at IS NULL AND ($4::uuid[] IS NULL OR m.user_id = ANY($4))
    AND ($2::uuid IS NULL OR m.role <> ALL($3) OR EXISTS (
        SELECT 1 FROM project_member pm WHERE pm.team_id = m.team_id AND pm.project_id = $2 AND pm.user_id = m.user_id))
ORDER BY m.id
"""
MEMBER_IDS = "SELECT id FROM member WHERE team_id = $1 AND user_id = ANY($2) AND left_at IS NULL ORDER BY id"
CONCERNED = """
SELECT m.id FROM member m WHERE m.team_id = $1 AND m.left_at IS NULL AND (m.user_id = $3 OR EXISTS (
    SELECT 1 FROM task_assignee ta WHERE ta.team_id = m.team_id AND ta.task_id = $2 AND ta.user_id = m.user_id))
ORDER BY m.id
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the team, by both of their ids."""

    member_id: UUID
    user_id: UUID
    name: str
    email: str
    role: str


async def who_see(by: Actor, project_id: UUID | None, user_ids: Collection[UUID] | None = None) -> dict[UUID, Person]:
    """Those of these users (None: of all) who may see the project, by user id."""
    wanted = None if user_ids is None else list(user_ids)
    rows = await connection().fetch(SEEING, by.team_id, project_id, list(SCOPED_ROLES), wanted)
    return {r["user_id"]: Person(**r) for r in rows}


async def assignable(by: Actor, project_id: UUID | None, asked: list[UUID], new: set[UUID]) -> list[Person]:
    """The people behind the `new` ids. Raises `Invalid` naming each who may not see the project."""
    if not new:
        return []
    seeing = await who_see(by, project_id, new)
    wrong = [
        FieldError(f"assignee_ids[{i}]", "not_found", "Nobody with this id may see the project.")
        for i, id in enumerate(asked)
        if id in new and id not in seeing
    ]
    if wrong:
        raise Invalid(*wrong)
    return list(seeing.values())


async def member_ids(team_id: UUID, user_ids: Iterable[UUID]) -> tuple[UUID, ...]:
    """The memberships of these users, of those who are still in the team."""
    wanted = list(user_ids)
    if not wanted:
        return ()
    return tuple(r["id"] for r in await connection().fetch(MEMBER_IDS, team_id, wanted))


async def concerned(task: Task) -> tuple[UUID, ...]:
    """Whom an event must name to be heard: on a task without a project, its maker and who is to do it."""
    if task.project_id is not None:
        return ()
    rows = await connection().fetch(CONCERNED, task.team_id, task.id, task.created_by)
    return tuple(r["id"] for r in rows)
