"""What happened with a record, newest first: the log's facts about it and what hangs on it, and what people logged."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from server.activity import service
from server.core.rooms import KINDS, Audience
from server.records.events import ActivityLogged
from server.records.kinds import Kind

COLUMNS = "id, type, at, actor, subject_kind, subject_id, subject_version, data, changes, detail"
FACTS = f"""
(SELECT {COLUMNS} FROM event WHERE team_id = $1 AND {{name}} = ANY($2) AND type = ANY($6)
    AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4::uuid)) ORDER BY at DESC, id DESC LIMIT $5)
"""
# Logged by hand is told of at the time that it happened, not when it was logged.
LOGGED = """
(SELECT a.id, $7, a.at, jsonb_build_object('kind', 'user', 'id', a.author_id, 'name', u.name), 'activity', a.id,
        a.version, jsonb_build_object('title', a.title), NULL::jsonb,
        jsonb_build_object('kind', a.kind, 'description', a.description)
    FROM activity a JOIN app_user u ON u.id = a.author_id WHERE a.team_id = $1 AND a.subject_id = ANY($2)
    AND ($3::timestamptz IS NULL OR (a.at, a.id) < ($3, $4::uuid)) ORDER BY a.at DESC, a.id DESC LIMIT $5)
"""
PAGE = f"""
SELECT * FROM ({FACTS.format(name="subject_id")} UNION ALL {FACTS.format(name="record_id")} UNION ALL {LOGGED}) AS told
ORDER BY at DESC, id DESC LIMIT $5
"""


async def of_record(kind: Kind, id: UUID, *, by: Actor, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of what happened with the record. The caller has made sure that the actor may see it."""
    types = service.heard_by(*KINDS, Audience.RECORD) - {ActivityLogged.type}
    ids = await kind.thread(id, by)
    return await service.page(PAGE, by.team_id, ids, list(types), ActivityLogged.type, limit=limit, cursor=cursor)
