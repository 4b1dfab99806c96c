"""Joining a team from an invitation: who holds the mailed token owns the address, and proves the account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aiohttp import web

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict, FieldError, Invalid, RateLimited, Unauthorised, wrong
from models.ids import uuid7
from server.auth import accounts, cookies, passwords, second_factor, sessions, tokens
from server.auth.about import Membership, outdate_tokens, record_everywhere
from server.auth.events import EmailVerified
from server.auth.routes import device, system
from server.auth.schemas import LoginOut
from server.auth.secrets import digest
from server.core import limits
from server.core.events import record
from server.core.permissions import Public
from server.core.routing import Context, Routes
from server.teams.events import MemberJoined
from server.teams.schemas import AcceptIn, MemberOut

routes = Routes("/api/auth", tag="auth")

OPEN = """
SELECT i.id, i.team_id, i.email, i.role FROM invitation i JOIN team t ON t.id = i.team_id AND t.deleted_at IS NULL
WHERE i.token_hash = $1 AND i.accepted_at IS NULL AND i.expires_at > $2
"""
USE = "UPDATE invitation SET accepted_at = $2, updated_at = $2, version = version + 1 WHERE id = $1"
# Who was in the team before gets their old membership back: what they wrote still names it.
JOIN = """
INSERT INTO member AS m (id, team_id, user_id, role, joined_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $5, $5)
ON CONFLICT (team_id, user_id) DO UPDATE SET role = excluded.role, role_version = m.role_version + 1, left_at = NULL,
    joined_at = excluded.joined_at, updated_at = excluded.updated_at, version = m.version + 1
    WHERE m.left_at IS NOT NULL
RETURNING id, version
"""
VERIFY = """
UPDATE app_user SET email_verified = true, version = version + 1, updated_at = $2 WHERE id = $1 AND NOT email_verified
RETURNING id
"""
MIN_PASSWORD = 10


@routes.post(
    "/accept-invite",
    can=Public,
    gives=LoginOut,
    limit="auth",
    secret=True,
    raises=(Unauthorised, Conflict, RateLimited),
)
async def accept(ctx: Context, body: AcceptIn) -> web.Response | dict[str, Any]:
    """Join a team from an invitation, and be signed in there."""
    async with system(ctx, read_only=True) as unit:
        invitation = await _open(body.token)
        account: Any = await unit.conn.fetchrow(accounts.BY_EMAIL, invitation["email"])
    if account is None:
        return await _as_new(ctx, body)
    caller = await _signed_in(ctx.request, account["id"])
    if caller is None:
        await _prove(ctx, body, account)
    async with system(ctx):
        if caller is None:
            await accounts.still(account)
        team_id, from_cookie = await _join(body.token, account["id"]), False
        if caller is not None:
            answer = await sessions.move(caller.session_id, caller.id, team_id)
            from_cookie = await sessions.in_cookie(caller.session_id)
        elif account["two_factor"]:  # they are in the team; to sign in takes the second factor, here too
            return {"two_factor_required": True, "challenge": second_factor.challenge(account)}
        else:
            answer = await sessions.open_session(account["id"], device(ctx), team_id=team_id)
    return cookies.signed_in(ctx.request, answer, from_cookie=from_cookie)


async def _as_new(ctx: Context, body: AcceptIn) -> web.Response:
    missing = [n for n in ("name", "password") if not getattr(body, n)]
    if missing:
        raise Invalid(*(FieldError(n, "required", "A new account needs it.") for n in missing))
    if len(str(body.password)) < MIN_PASSWORD:
        raise wrong("password", "too_short", f"At least {MIN_PASSWORD} characters.")
    password_hash = await passwords.hashed(str(body.password))
    async with system(ctx):
        email = (await _open(body.token))["email"]
        user_id = uuid7()
        await connection().execute(accounts.ADD_USER, user_id, email, body.name, password_hash, now())
        team_id = await _join(body.token, user_id)
        answer = await sessions.open_session(user_id, device(ctx), team_id=team_id)
    return cookies.signed_in(ctx.request, answer)


async def _open(token: str, lock: str = "") -> Any:
    found = await connection().fetchrow(OPEN + lock, digest(token), now())
    if found is None:
        raise wrong("token", "token_invalid", "This invitation was used, withdrawn, or has expired; ask for a new one.")
    return found


async def _signed_in(request: web.Request, user_id: UUID) -> Actor | None:
    """The caller, where they are signed in as this user."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    try:
        caller = await tokens.actor_of(token, fresh=True) if token else None
    except Unauthorised:
        return None
    return caller if caller is not None and caller.id == user_id else None


async def _prove(ctx: Context, body: AcceptIn, account: Any) -> None:
    if not body.password:
        raise wrong("password", "required", "There is an account with this address; give its password.")
    async with limits.failures(ctx.request, ("login_account", account["email"]), ("login_address", ctx.address)):
        await accounts.by_password(body.password, account)


async def _join(token: str, user_id: UUID) -> UUID:
    """Use the invitation up; gives the team. Raises `Conflict` (already_member)."""
    invitation = await _open(token, " FOR UPDATE OF i")
    team_id, role, at = invitation["team_id"], invitation["role"], now()
    row = await connection().fetchrow(JOIN, uuid7(), team_id, user_id, role, at)
    if row is None:
        raise Conflict("You are in this team already.", code="already_member")
    await connection().execute(USE, invitation["id"], at)
    name = str(await connection().fetchval("SELECT name FROM app_user WHERE id = $1", user_id))
    by = Actor(kind="user", id=user_id, name=name, team_id=team_id, member_id=row["id"], role=role)
    about = Membership(row["id"], team_id, row["version"])
    data = await MemberOut.of(about)
    await record(MemberJoined(user_id=user_id, name=name, role=role), about=about, by=by, data=data)
    await _verified(user_id)
    return team_id


async def _verified(user_id: UUID) -> None:
    # Whoever reads the mail owns the address.
    if await connection().fetchval(VERIFY, user_id, now()):
        await outdate_tokens(user_id)
        await record_everywhere(EmailVerified(), user_id)
