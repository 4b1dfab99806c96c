"""A project's facts, newest first, as sentences."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from models.actors import Actor
from models.db import connection
from models.errors import wrong
from server.activity.sentences import sentence
from server.core.events import catalogue
from server.core.rooms import Audience

PAGE = """
SELECT id, type, at, actor, subject_kind, subject_id, subject_version, data, changes, detail FROM event
WHERE team_id = $1 AND project_id = $2 AND type = ANY($6) AND ($3::timestamptz IS NULL OR (at, id) < ($3, $4::uuid))
ORDER BY at DESC, id DESC LIMIT $5
"""
Cursor = tuple[datetime, UUID]


async def of_project(project_id: UUID, *, by: Actor, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of what happened in the project. The caller has made sure that the actor may see it."""
    types = list(heard_by(Audience.PROJECT))
    return await page(PAGE, by.team_id, project_id, types, limit=limit, cursor=cursor)


async def page(sql: str, team_id: UUID, about: Any, *more_args: Any, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of facts by `sql`: of the team $1, about $2, before the fact at ($3, $4), at most $5."""
    at, id = _read_cursor(cursor) if cursor else (None, None)
    rows = await connection().fetch(sql, team_id, about, at, id, limit + 1, *more_args)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    next_cursor = _cursor(last["at"], last["id"]) if last else None
    return {"items": [_item(row) for row in rows[:limit]], "next_cursor": next_cursor}


def heard_by(*audiences: Audience) -> set[str]:
    """The types that one of these hears: what is told to single people is not for the others' eyes."""
    return {name for name, declared in catalogue.items() if not declared.live.isdisjoint(audiences)}


def _item(row: asyncpg.Record) -> dict[str, Any]:
    actor, data, changes, detail = (_json(row[name]) for name in ("actor", "data", "changes", "detail"))
    kind = row["subject_kind"]
    return {
        "id": row["id"],
        "type": row["type"],
        "at": row["at"],
        "actor": actor,
        "subject": {"kind": kind, "id": row["subject_id"], "version": row["subject_version"]},
        "sentence": sentence(row["type"], actor or {}, kind, data, changes, detail),
        "changes": changes or {},
        "detail": detail or {},
    }


def _json(text: str | None) -> dict[str, Any] | None:
    return msgspec.json.decode(text) if text else None


def _cursor(at: datetime, id: UUID) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((at, id))).decode().rstrip("=")


def _read_cursor(text: str) -> Cursor:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=Cursor)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise wrong("cursor", "wrong_value", "This is not a cursor of this list.") from None
