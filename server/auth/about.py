"""Facts about a person, written to each of their memberships: a session, a password and a name are account-wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.db import connection
from server.core.events import Event, record

MEMBERSHIPS = """
SELECT m.id, m.team_id, m.version, u.name FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.user_id = $1 AND m.left_at IS NULL ORDER BY m.id
"""

OUTDATE_TOKENS = "UPDATE member SET role_version = role_version + 1 WHERE user_id = $1 AND left_at IS NULL"


@dataclass(slots=True)
class Membership:
    """What such a fact is recorded about, in one team."""

    id: UUID
    team_id: UUID
    version: int
    noun: str = "member"


async def outdate_tokens(user_id: UUID) -> None:
    """Have the name, language and confirmed address that issued tokens stand for read anew at their next use.

    They are remembered with the role, and a token whose role version is not the present one is looked at again.
    """
    await connection().execute(OUTDATE_TOKENS, user_id)


async def record_everywhere(event: Event, user_id: UUID, *, data: Any = None, changes: Any = None) -> None:
    """Record the fact in each team that the person is in."""
    for found in await connection().fetch(MEMBERSHIPS, user_id):
        by = Actor(kind="user", id=user_id, name=found["name"], team_id=found["team_id"])
        about = Membership(found["id"], found["team_id"], found["version"])
        await record(event, about=about, by=by, data=data, changes=changes)
