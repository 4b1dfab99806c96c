"""Access tokens: who a bearer is, checked once and remembered until the token ends.

Whether the session and the role still hold is asked of the database by each transaction (`authorise`), in the snapshot
that it reads; what is remembered here may be late, what is answered never is.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import jwt
import msgspec

from models.actors import NOBODY, Actor
from models.clock import now
from models.db import connection
from models.errors import Unauthorised
from server.config import settings
from server.core.permissions import ROLES, SCOPED_ROLES, own_only
from server.core.system import system_unit

AUDIENCE = "mediaflow"
KIND = "access"
REMEMBERED = 10_000

MEMBERS = """
SELECT m.id AS member_id, m.team_id, m.role, m.role_version,
       u.id, u.name, u.email_verified, u.language, u.timezone, t.settings ->> 'access' AS access
FROM member m
JOIN app_user u ON u.id = m.user_id AND u.deactivated_at IS NULL
JOIN team t ON t.id = m.team_id AND t.deleted_at IS NULL
"""
WITHOUT_SESSION = f"{MEMBERS} WHERE m.left_at IS NULL AND m.id = $1"
PRESENT_ROW = f"""{MEMBERS}
JOIN auth_session s ON s.id = $2 AND s.user_id = m.user_id AND s.ended_at IS NULL
WHERE m.left_at IS NULL AND """
PRESENT = PRESENT_ROW + "m.id = $1"
# Who is in no team: the session alone says who they are.
ALONE = f"""
SELECT '{NOBODY}'::uuid AS member_id, '{NOBODY}'::uuid AS team_id, '' AS role, 0 AS role_version,
       u.id, u.name, u.email_verified, u.language, u.timezone, NULL AS access
FROM auth_session s JOIN app_user u ON u.id = s.user_id AND u.deactivated_at IS NULL
WHERE s.id = $1 AND s.ended_at IS NULL
"""
ELSEWHERE = PRESENT_ROW + "m.user_id = $1 AND m.team_id = $3"


class Verified(NamedTuple):
    """Whom a token lets in, and until when."""

    actor: Actor
    expires_at: datetime


_remembered: dict[str, Verified] = {}


def issue(*, session_id: UUID, member_id: UUID, user_id: UUID, team_id: UUID, role_version: int) -> tuple[str, int]:
    """A new access token and its life in seconds."""
    life, at = settings().access_token_seconds, now()
    claims = {
        "typ": KIND,
        "aud": AUDIENCE,
        "sub": str(user_id),
        "team": str(team_id),
        "member": str(member_id),
        "sid": str(session_id),
        "rv": role_version,
        "iat": int(at.timestamp()),
        "exp": int((at + timedelta(seconds=life)).timestamp()),
    }
    return jwt.encode(claims, settings().secret_key.get_secret_value(), algorithm="HS256"), life


async def verify(token: str, *, fresh: bool = False) -> Verified:
    """Who the token lets in; `fresh` reads the role as it is now. Raises `Unauthorised`."""
    known = _remembered.get(token)
    if known is None or fresh:
        known = await _read(token)
        if len(_remembered) >= REMEMBERED:
            _forget_expired()
        _remembered[token] = known
    if known.expires_at <= now():
        _remembered.pop(token, None)
        raise _expired()
    return known


async def verify_member(token: str, *, fresh: bool = False) -> Verified:
    """The same for sockets, on which there is nothing to hear for who is in no team. Raises `Unauthorised`."""
    known = await verify(token, fresh=fresh)
    if not known.actor.in_team:
        raise Unauthorised("This account is in no team; found one, or accept an invitation.", code="token_invalid")
    return known


async def actor_of(token: str, *, fresh: bool = False, team_id: UUID | None = None) -> Actor:
    """The token's actor, for the edge; with `team_id` the same person as a member of that team, if they are one.

    Raises `Unauthorised`.
    """
    actor = (await verify(token, fresh=fresh)).actor
    if team_id in (None, actor.team_id):
        return actor
    async with system_unit(read_only=True) as unit:
        row = await unit.conn.fetchrow(ELSEWHERE, actor.id, actor.session_id, team_id)
    return actor if row is None else actor_from(row, actor.session_id)


def _expired() -> Unauthorised:
    return Unauthorised("The access token has expired; refresh it.", code="token_expired")


def _forget_expired() -> None:
    at = now()
    for token in [t for t, v in _remembered.items() if v.expires_at <= at]:
        del _remembered[token]
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()


async def _read(token: str) -> Verified:
    claims = _claims(token)
    session_id, member_id = UUID(claims["sid"]), UUID(claims["member"])
    async with system_unit(read_only=True) as unit:
        if member_id == NOBODY:
            row = await unit.conn.fetchrow(ALONE, session_id)
        else:
            row = await unit.conn.fetchrow(PRESENT, member_id, session_id)
    if row is None:
        raise Unauthorised("This session has ended; sign in again.", code="token_revoked")
    return Verified(actor_from(row, session_id), datetime.fromtimestamp(claims["exp"], UTC))


def _claims(token: str) -> dict[str, Any]:
    # The expiry is compared with our own clock, which tests move.
    options: Any = {"require": ["exp", "sub", "sid", "member"], "verify_exp": False, "verify_iat": False}
    key = settings().secret_key.get_secret_value()
    if not token.isascii():  # PyJWT takes it for text that can be encoded
        raise Unauthorised("This is not a token of ours.", code="token_invalid")
    try:
        claims = jwt.decode(token, key, algorithms=["HS256"], audience=AUDIENCE, options=options)
    except jwt.PyJWTError:
        raise Unauthorised("This is not a token of ours.", code="token_invalid") from None
    if claims.get("typ") != KIND:
        raise Unauthorised("This is not an access token.", code="token_invalid")
    if claims["exp"] <= now().timestamp():
        raise _expired()
    return claims


async def member_now(member_id: UUID) -> Actor | None:
    """The member as the rights stand in the running unit, for work that is done in their name later; None once gone."""
    row = await connection().fetchrow(WITHOUT_SESSION, member_id)
    return None if row is None else actor_from(row, NOBODY)


def actor_from(row: Any, session_id: UUID) -> Actor:
    """The actor of a membership's row (see `PRESENT`)."""
    role = row["role"]
    return Actor(
        kind="user",
        id=row["id"],
        name=row["name"],
        team_id=row["team_id"],
        member_id=row["member_id"],
        role=role,
        role_version=row["role_version"],
        session_id=session_id,
        can=frozenset(ROLES.get(role, ())),
        scoped=role in SCOPED_ROLES,
        own_only=own_only(msgspec.json.decode(row["access"] or "{}")),
        email_verified=row["email_verified"],
        language=row["language"],
        timezone=row["timezone"],
    )
