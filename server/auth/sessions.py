"""Sessions: a sign-in on one device, kept by a refresh token that is rotated on each use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import NotFound, Unauthorised
from server.auth import tokens
from server.auth.events import SessionEnded
from server.auth.schemas import TeamOut, UserOut
from server.auth.secrets import digest, new_secret, seal, unseal
from server.config import settings
from server.core.events import record

SUCCESSOR = "refresh-successor"

MEMBERSHIP = """
SELECT m.id, m.team_id, m.role, m.role_version FROM member m JOIN team t ON t.id = m.team_id AND t.deleted_at IS NULL
WHERE m.user_id = $1 AND m.left_at IS NULL
ORDER BY (m.team_id = $2) DESC NULLS LAST, m.joined_at, m.id LIMIT 1
"""
OPEN = """
INSERT INTO auth_session (id, user_id, team_id, created_at, last_seen_at, expires_at, refresh_hash, user_agent, address)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8)
"""
FIND = "SELECT * FROM auth_session WHERE refresh_hash = $1 OR previous_hash = $1 FOR UPDATE"
ROTATE = """
UPDATE auth_session SET refresh_hash = $2, previous_hash = $3, previous_used_at = $4, successor = $5,
    last_seen_at = $4, expires_at = $6, team_id = $7
WHERE id = $1
"""
END = """
UPDATE auth_session SET ended_at = $2, ended_because = $3, successor = NULL
WHERE user_id = $1 AND ended_at IS NULL AND ($4::uuid IS NULL OR id = $4) AND ($5::uuid IS NULL OR id <> $5)
RETURNING id
"""
MEMBERSHIPS = """
SELECT m.id, m.team_id, m.version, u.name FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.user_id = $1 AND m.left_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in came from, as its owner is shown it."""

    user_agent: str
    address: str


@dataclass(slots=True)
class Membership:
    """What an event about a person is recorded about, in one of their teams."""

    id: UUID
    team_id: UUID
    version: int
    noun: str = "member"


async def open_session(user_id: UUID, device: Device, *, team_id: UUID | None = None) -> dict[str, Any]:
    """Start a session in the given or the first of the user's teams; the answer of a login."""
    membership = await _membership(user_id, team_id)
    session_id, refresh = uuid7(), new_secret()
    expires = now() + timedelta(seconds=settings().refresh_token_seconds)
    agent = device.user_agent[:500]
    await connection().execute(
        OPEN, session_id, user_id, membership["team_id"], now(), expires, digest(refresh), agent, device.address
    )
    return await _answer(user_id, session_id, membership, refresh)


async def rotate(refresh: str, *, team_id: UUID | None = None) -> dict[str, Any] | None:
    """Use a refresh token once: the answer of a login with its successor, or None when it is no good.

    A token used before answers the same successor for a short grace (a lost answer, two tabs); later it means that
    somebody else has it, and the session ends.
    """
    used = digest(refresh)
    row = await connection().fetchrow(FIND, used)
    if row is None or row["ended_at"] is not None or row["expires_at"] <= now():
        return None
    if row["refresh_hash"] != used:
        return await _again(row)
    successor = new_secret()
    membership = await _membership(row["user_id"], team_id or row["team_id"])
    expires = now() + timedelta(seconds=settings().refresh_token_seconds)
    sealed = seal(SUCCESSOR, row["id"].bytes, successor)
    await connection().execute(
        ROTATE, row["id"], digest(successor), used, now(), sealed, expires, membership["team_id"]
    )
    return await _answer(row["user_id"], row["id"], membership, successor)


async def _again(row: Any) -> dict[str, Any] | None:
    grace = timedelta(seconds=settings().refresh_grace_seconds)
    successor = unseal(SUCCESSOR, row["id"].bytes, row["successor"]) if row["successor"] else None
    if successor is not None and now() - row["previous_used_at"] <= grace:
        return await _answer(row["user_id"], row["id"], await _membership(row["user_id"], row["team_id"]), successor)
    await end(row["user_id"], "refresh_token_reused", only=row["id"])
    return None


async def move(session_id: UUID, user_id: UUID, team_id: UUID) -> dict[str, Any]:
    """New tokens of the same session for another of the user's teams. Raises `NotFound` where they are no member."""
    membership = await _membership(user_id, team_id)
    if membership["team_id"] != team_id:
        raise NotFound("There is no such team.")
    used = await connection().fetchval("SELECT refresh_hash FROM auth_session WHERE id = $1 FOR UPDATE", session_id)
    successor = new_secret()
    sealed = seal(SUCCESSOR, session_id.bytes, successor)
    expires = now() + timedelta(seconds=settings().refresh_token_seconds)
    await connection().execute(ROTATE, session_id, digest(successor), used, now(), sealed, expires, team_id)
    return await _answer(user_id, session_id, membership, successor)


async def end(user_id: UUID, reason: str, *, only: UUID | None = None, but: UUID | None = None) -> list[UUID]:
    """End the user's sessions (all, `only` one, all `but` one) and close their sockets in every team."""
    rows = await connection().fetch(END, user_id, now(), reason, only, but)
    ended = [r["id"] for r in rows]
    if ended:
        for found in await connection().fetch(MEMBERSHIPS, user_id):
            by = Actor(kind="user", id=user_id, name=found["name"], team_id=found["team_id"])
            about = Membership(found["id"], found["team_id"], found["version"])
            for session_id in ended:
                await record(SessionEnded(session_id=session_id, reason=reason), about=about, by=by)
    return ended


async def _membership(user_id: UUID, team_id: UUID | None) -> Any:
    found = await connection().fetchrow(MEMBERSHIP, user_id, team_id)
    if found is None:
        raise Unauthorised("This account is in no team; ask for an invitation.", code="credentials_wrong")
    return found


async def _answer(user_id: UUID, session_id: UUID, membership: Any, refresh: str) -> dict[str, Any]:
    token, life = tokens.issue(
        session_id=session_id,
        member_id=membership["id"],
        user_id=user_id,
        team_id=membership["team_id"],
        role_version=membership["role_version"],
    )
    return {
        "access_token": token,
        "expires_in": life,
        "refresh_token": refresh,
        "user": await UserOut.read(user_id),
        "team": await TeamOut.read(membership["team_id"]),
    }
