"""Who is on a project."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import Conflict, NotFound, wrong
from models.projects import Project, ProjectMember
from server.core.events import record
from server.core.view import Row
from server.projects.events import ProjectMemberAdded, ProjectMemberRemoved
from server.projects.schemas import ProjectMemberOut

IN_TEAM = """
SELECT m.id AS member_id, u.name, EXISTS (SELECT 1 FROM project_member pm
    WHERE pm.team_id = m.team_id AND pm.project_id = $3 AND pm.user_id = m.user_id) AS on_project
FROM member m JOIN app_user u ON u.id = m.user_id WHERE m.team_id = $1 AND m.user_id = $2 AND m.left_at IS NULL
"""
TAKE_OFF = """
DELETE FROM project_member pm USING member m, app_user u
WHERE pm.team_id = $1 AND pm.project_id = $2 AND pm.user_id = $3
    AND m.team_id = pm.team_id AND m.user_id = pm.user_id AND u.id = m.user_id
RETURNING m.id AS member_id, m.role, u.name
"""


async def put_on(id: UUID, user_id: UUID, *, by: Actor) -> Row:
    """Put a member of the team on the project. Raises `Conflict` (already_member) when they are on it."""
    project = await Project.locked(by, id=id)
    found = await connection().fetchrow(IN_TEAM, by.team_id, user_id, id)
    if found is None:
        raise wrong("user_id", "not_found", "Nobody on the team has this id.")
    if found["on_project"]:
        raise Conflict(f"{found['name']} is on the project already.", code="already_member")
    made = await ProjectMember.add(by, project_id=id, user_id=user_id)
    event = ProjectMemberAdded(user_id=user_id, member_id=found["member_id"], name=found["name"])
    await record(event, about=project, by=by)
    return await ProjectMemberOut.of(made)


async def take_off(id: UUID, user_id: UUID, *, by: Actor) -> None:
    """Take a member off the project; they leave its room at once. Raises `NotFound` when they are not on it."""
    project = await Project.locked(by, id=id)
    found = await connection().fetchrow(TAKE_OFF, by.team_id, id, user_id)
    if found is None:
        raise NotFound("This person is not on the project.")
    event = ProjectMemberRemoved(user_id=user_id, member_id=found["member_id"], name=found["name"], role=found["role"])
    await record(event, about=project, by=by)
