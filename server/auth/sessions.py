"""Sessions: a sign-in on one device, kept by a refresh token that is rotated on each use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from models.actors import NOBODY, Actor
from models.clock import now
from models.db import connection
from models.errors import NotFound, Unauthorised
from models.ids import uuid7
from server.auth import tokens
from server.auth.about import record_everywhere
from server.auth.events import SessionEnded
from server.auth.schemas import TeamOut, UserOut
from server.auth.secrets import digest, new_secret
from server.config import settings
from server.core.seal import SealBroken, seal, unseal


def _purpose(session_id: UUID) -> str:
    """What a successor is sealed for: it fits no other session."""
    return f"refresh-successor:{session_id}"


MEMBERSHIP = """
SELECT m.id, m.team_id, m.role, m.role_version FROM member m JOIN team t ON t.id = m.team_id AND t.deleted_at IS NULL
WHERE m.user_id = $1 AND m.left_at IS NULL
ORDER BY (m.team_id = $2) DESC NULLS LAST, m.joined_at, m.id LIMIT 1
"""
NO_MEMBERSHIP = {"id": NOBODY, "team_id": None, "role_version": 0}
OPEN = """
INSERT INTO auth_session (id, user_id, team_id, created_at, last_seen_at, expires_at, refresh_hash, user_agent, address,
    in_cookie)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9)
"""
FIND = "SELECT * FROM auth_session WHERE refresh_hash = $1 FOR UPDATE"
FIND_SPENT = """
SELECT s.id, s.user_id, s.team_id, s.expires_at, s.ended_at, t.used_at, t.successor
FROM spent_refresh_token t JOIN auth_session s ON s.id = t.session_id
WHERE t.token_hash = $1 FOR UPDATE OF s
"""
OWNER = """
SELECT user_id FROM auth_session WHERE refresh_hash = $1
UNION ALL
SELECT s.user_id FROM spent_refresh_token t JOIN auth_session s ON s.id = t.session_id WHERE t.token_hash = $1
LIMIT 1
"""
ROTATE = """
UPDATE auth_session SET refresh_hash = $2, last_seen_at = $3, expires_at = $4, team_id = $5 WHERE id = $1
"""
SPEND = "INSERT INTO spent_refresh_token (token_hash, session_id, used_at, successor) VALUES ($1, $2, $3, $4)"
# A token that would have expired by itself needs not be recognised any more.
FORGET = "DELETE FROM spent_refresh_token WHERE session_id = $1 AND used_at < $2"
CLOSE_GRACE = """
UPDATE spent_refresh_token SET successor = NULL WHERE session_id = $1 AND used_at < $2 AND successor IS NOT NULL
"""
OPEN_OF = """
SELECT id, created_at, last_seen_at, expires_at, user_agent, address, id = $3 AS current FROM auth_session
WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY last_seen_at DESC, id DESC LIMIT 200
"""
PEEK = "SELECT id, user_id, team_id FROM auth_session WHERE refresh_hash = $1 AND ended_at IS NULL AND expires_at > $2"
END = """
UPDATE auth_session SET ended_at = $2, ended_because = $3
WHERE user_id = $1 AND ended_at IS NULL AND ($4::uuid IS NULL OR id = $4) AND ($5::uuid IS NULL OR id <> $5)
RETURNING id
"""
FORGET_SUCCESSORS = "UPDATE spent_refresh_token SET successor = NULL WHERE session_id = ANY($1)"
REFUSALS = {
    "token_invalid": "This is not a refresh token of ours; sign in.",
    "token_expired": "This refresh token has expired; sign in again.",
    "token_revoked": "This session has ended; sign in again.",
}


@dataclass(frozen=True, slots=True)
class Device:
    """Where a sign-in came from, as its owner is shown it, and whether it keeps its refresh token in our cookie."""

    user_agent: str
    address: str
    in_cookie: bool = False


async def open_session(user_id: UUID, device: Device, *, team_id: UUID | None = None) -> dict[str, Any]:
    """Start a session in the given or the first of the user's teams, or in none; the answer of a login."""
    membership = await _membership(user_id, team_id)
    session_id, refresh = uuid7(), new_secret()
    expires = now() + timedelta(seconds=settings().refresh_token_seconds)
    came_from = device.user_agent[:500], device.address, device.in_cookie
    await connection().execute(
        OPEN, session_id, user_id, membership["team_id"], now(), expires, digest(refresh), *came_from
    )
    return await _answer(user_id, session_id, membership, refresh)


async def owner_of(refresh: str) -> UUID | None:
    """Whose refresh token this is, or was."""
    return await connection().fetchval(OWNER, digest(refresh))


async def rotate(refresh: str) -> dict[str, Any] | Unauthorised:
    """Use a refresh token once: the answer of a login with its successor, or why it is no good.

    A token used before answers the same successor for a short grace (a lost answer, two tabs); later it means that
    somebody else has it, and the session ends. That must be committed, so that the refusal is given and not raised.
    """
    row = await connection().fetchrow(FIND, digest(refresh))
    if row is None:
        return await _again(refresh)
    if refusal := _refusal(row):
        return refusal
    return await _succeed(row, await _membership(row["user_id"], row["team_id"]))


def _refusal(row: Any) -> Unauthorised | None:
    if row is None:
        return refused("token_invalid")
    if row["ended_at"] is not None:
        return refused("token_revoked")
    return refused("token_expired") if row["expires_at"] <= now() else None


def refused(code: str) -> Unauthorised:
    """What a refresh token that is no good is answered."""
    return Unauthorised(REFUSALS[code], code=code)


async def peek(refresh: str) -> Actor | None:
    """Whose session a refresh token is, without using it: enough to draw a page for them, never to change anything."""
    found = await connection().fetchrow(PEEK, digest(refresh), now())
    if found is None:
        return None
    membership = await connection().fetchrow(MEMBERSHIP, found["user_id"], found["team_id"])
    row = membership and await connection().fetchrow(tokens.PRESENT, membership["id"], found["id"])
    return tokens.actor_from(row, found["id"]) if row else None


async def _again(refresh: str) -> dict[str, Any] | Unauthorised:
    row: Any = await connection().fetchrow(FIND_SPENT, digest(refresh))
    if refusal := _refusal(row):
        return refusal
    grace = timedelta(seconds=settings().refresh_grace_seconds)
    if row["successor"] is not None and now() - row["used_at"] <= grace:
        try:
            successor = unseal(_purpose(row["id"]), row["successor"]).decode()
        except SealBroken:  # SECRET_KEY was changed in the meantime
            return refused("token_invalid")
        return await _answer(row["user_id"], row["id"], await _membership(row["user_id"], row["team_id"]), successor)
    await end(row["user_id"], "refresh_token_reused", only=row["id"])
    return refused("token_revoked")


async def move(session_id: UUID, user_id: UUID, team_id: UUID) -> dict[str, Any]:
    """New tokens of the same session for another of the user's teams. Raises `NotFound` where they are no member."""
    membership = await _membership(user_id, team_id)
    if membership["team_id"] != team_id:
        raise NotFound("There is no such team.")
    row = await connection().fetchrow("SELECT * FROM auth_session WHERE id = $1 FOR UPDATE", session_id)
    return await _succeed(row, membership)


async def _succeed(row: Any, membership: Any) -> dict[str, Any]:
    """Put a successor in the place of the session's token, which is spent from now on."""
    at, successor, session_id = now(), new_secret(), row["id"]
    life = timedelta(seconds=settings().refresh_token_seconds)
    await connection().execute(ROTATE, session_id, digest(successor), at, at + life, membership["team_id"])
    await connection().execute(FORGET, session_id, at - life)
    await connection().execute(CLOSE_GRACE, session_id, at - timedelta(seconds=settings().refresh_grace_seconds))
    sealed = seal(_purpose(session_id), successor.encode())
    await connection().execute(SPEND, row["refresh_hash"], session_id, at, sealed)
    return await _answer(row["user_id"], session_id, membership, successor)


async def in_cookie(session_id: UUID) -> bool:
    """Whether the session keeps its refresh token in our cookie, so that no answer may show it."""
    return bool(await connection().fetchval("SELECT in_cookie FROM auth_session WHERE id = $1", session_id))


async def open_of(user_id: UUID, current: UUID) -> list[dict[str, Any]]:
    """The user's open sessions, the last seen first; `current` is the caller's."""
    return [dict(r) for r in await connection().fetch(OPEN_OF, user_id, now(), current)]


async def end(user_id: UUID, reason: str, *, only: UUID | None = None, but: UUID | None = None) -> list[UUID]:
    """End the user's sessions (all, `only` one, all `but` one) and close their sockets in every team."""
    rows = await connection().fetch(END, user_id, now(), reason, only, but)
    ended = [r["id"] for r in rows]
    await connection().execute(FORGET_SUCCESSORS, ended)
    for session_id in ended:
        await record_everywhere(SessionEnded(session_id=session_id, reason=reason), user_id)
    return ended


async def _membership(user_id: UUID, team_id: UUID | None) -> Any:
    """The membership to sign in to: of this team, else the oldest, else what stands for none."""
    return await connection().fetchrow(MEMBERSHIP, user_id, team_id) or NO_MEMBERSHIP


async def _answer(user_id: UUID, session_id: UUID, membership: Any, refresh: str) -> dict[str, Any]:
    team_id = membership["team_id"]
    token, life = tokens.issue(
        session_id=session_id,
        member_id=membership["id"],
        user_id=user_id,
        team_id=team_id or NOBODY,
        role_version=membership["role_version"],
    )
    return {
        "access_token": token,
        "expires_in": life,
        "refresh_token": refresh,
        "user": await UserOut.read(user_id),
        "team": None if team_id is None else await TeamOut.read(team_id),
    }
