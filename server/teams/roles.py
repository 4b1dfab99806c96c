"""Which role may give which."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.errors import PermissionDenied
from server.core.permissions import ROLES, SCOPED_ROLES, Can

WITH_ROLE = "SELECT id FROM member WHERE team_id = $1 AND left_at IS NULL AND role = ANY($2) ORDER BY id"


def refuse_above(role: str, by: Actor) -> None:
    """Raise `PermissionDenied` for a role that may do what the caller may not."""
    if lacking := sorted(ROLES[role] - by.can):
        raise PermissionDenied(f"Only who has the role {role} can do this.", permission=str(lacking[-1]))


def narrows(old: str, new: str) -> bool:
    """Whether the change of role takes anything away."""
    return not ROLES[old] <= ROLES[new] or (new in SCOPED_ROLES and old not in SCOPED_ROLES)


def grantable(role: str) -> list[str]:
    """The roles that an invitation by somebody of this role may carry."""
    return [r for r in ROLES if Can.MEMBERS_INVITE in ROLES[role] and ROLES[r] <= ROLES[role]]


async def inviters(team_id: UUID) -> tuple[UUID, ...]:
    """The memberships of all who may invite."""
    may = [role for role, can in ROLES.items() if Can.MEMBERS_INVITE in can]
    return tuple(r["id"] for r in await connection().fetch(WITH_ROLE, team_id, may))
