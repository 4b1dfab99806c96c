"""Who hears of a record in their own room: its owners whom the team's setting keeps to their own."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.records import Owned
from server.core.permissions import SCOPED_ROLES

KEPT_TO_THEIR_OWN = """
SELECT m.id FROM member m JOIN team t ON t.id = m.team_id
WHERE m.team_id = $1 AND m.user_id = ANY($2) AND m.left_at IS NULL AND m.role = ANY($3)
    AND t.settings #>> ARRAY['access', $4::text] = 'own'
ORDER BY m.id
"""


async def hearers(record: Owned, by: Actor) -> tuple[UUID, ...]:
    """The memberships in whose rooms a fact about the record must be heard: all others have the kind's room."""
    owners = record.owners
    # Every user's token knows the team's setting, so that most facts need no question.
    if not owners or (by.kind == "user" and record.kinds not in by.own_only):
        return ()
    rows = await connection().fetch(KEPT_TO_THEIR_OWN, record.team_id, list(owners), list(SCOPED_ROLES), record.kinds)
    return tuple(row["id"] for row in rows)
