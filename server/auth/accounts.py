"""Accounts: made with a first team, signed in with a password."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from slugify import slugify

from models.clock import now
from models.db import connection
from models.errors import Conflict, Unauthorised
from models.ids import uuid7
from server.auth import passwords
from server.auth.schemas import RegisterIn
from server.core.problems import constraint

ADD_USER = """
INSERT INTO app_user (id, email, name, password_hash, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)
"""
ADD_TEAM = "INSERT INTO team (id, name, slug, currency, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)"
ADD_MEMBER = """
INSERT INTO member (id, team_id, user_id, role, joined_at, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5, $5)
"""
CREDENTIALS = "SELECT id, email, password_hash, two_factor, deactivated_at FROM app_user WHERE "
BY_EMAIL = CREDENTIALS + "lower(email) = lower($1)"
BY_ID = CREDENTIALS + "id = $1"

UNCHANGED = """
SELECT 1 FROM app_user
WHERE id = $1 AND password_hash = $2 AND two_factor = $3 AND deactivated_at IS NULL FOR SHARE
"""

constraint("app_user_email", lambda: Conflict("There is an account with this address; sign in.", code="email_taken"))


async def create(body: RegisterIn, password_hash: str) -> UUID:
    """Insert the account and its first team, of which it is the owner. Raises `Conflict` (email_taken)."""
    user_id = uuid7()
    await connection().execute(ADD_USER, user_id, body.email, body.name, password_hash, now())
    await found_team(body.team_name, user_id)
    return user_id


async def found_team(name: str, owner_id: UUID, currency: str = "EUR") -> UUID:
    """Insert a team with its owner."""
    team_id, at = uuid7(), now()
    slug = f"{slugify(name)[:40] or 'team'}-{team_id.hex[-8:]}"
    await connection().execute(ADD_TEAM, team_id, name, slug, currency, at)
    await connection().execute(ADD_MEMBER, uuid7(), team_id, owner_id, "owner", at)
    return team_id


async def by_password(password: str, found: Any) -> Any:
    """Check the password against an account's row of `BY_EMAIL` or `BY_ID`, or None; gives the row.

    Raises `Unauthorised` (credentials_wrong), after the same time whether there is such an account or not.
    """
    if not await passwords.matches(found["password_hash"] if found else None, password) or found["deactivated_at"]:
        raise Unauthorised("The address or the password is wrong.", code="credentials_wrong")
    return found


async def still(account: Any) -> None:
    """Hold the account as it was when its password was checked. Raises `Unauthorised` where it has changed since.

    Hashing takes its time: a password that was reset meanwhile must not open a session any more.
    """
    values = account["id"], account["password_hash"], account["two_factor"]
    if not await connection().fetchval(UNCHANGED, *values):
        raise Unauthorised("The address or the password is wrong.", code="credentials_wrong")
