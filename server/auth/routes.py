"""Signing in."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from models.errors import Unauthorised
from server.auth import accounts, cookies, passwords, sessions
from server.auth.schemas import LoginIn, MeOut, RefreshIn, RegisterIn, SignedInOut, UserOut
from server.auth.sessions import Device
from server.core import limits
from server.core.permissions import Public, SignedIn
from server.core.routing import Context, Routes
from server.core.system import system_unit

routes = Routes("/api/auth", tag="auth")


def device(ctx: Context) -> Device:
    return Device(ctx.request.headers.get("User-Agent", ""), ctx.address)


@routes.post("/register", can=Public, gives=SignedInOut, status=201, limit="auth", secret=True)
async def register(ctx: Context, body: RegisterIn) -> web.Response:
    """Create an account and its first team, and sign in."""
    password_hash = await passwords.hashed(body.password)
    async with system_unit(request_id=ctx.request_id, address=ctx.address):
        user_id = await accounts.create(body, password_hash)
        answer = await sessions.open_session(user_id, device(ctx))
    return cookies.signed_in(ctx.request, answer, status=201)


@routes.post("/login", can=Public, gives=SignedInOut, limit="none", secret=True)
async def login(ctx: Context, body: LoginIn) -> web.Response:
    """Sign in with a password; asks for the second factor where it is on."""
    email = body.email.strip().lower()
    await limits.look(ctx.request, "login_account", email)
    await limits.look(ctx.request, "login_address", ctx.address)
    async with system_unit(read_only=True) as unit:
        found = await unit.conn.fetchrow(accounts.BY_EMAIL, email)
    try:
        user_id = await accounts.by_password(email, body.password, found)
    except Unauthorised:
        await limits.hit(ctx.request, "login_account", email)
        await limits.hit(ctx.request, "login_address", ctx.address)
        raise
    async with system_unit(request_id=ctx.request_id, address=ctx.address):
        answer = await sessions.open_session(user_id, device(ctx))
    return cookies.signed_in(ctx.request, answer)


@routes.post("/refresh", can=Public, gives=SignedInOut, limit="none", secret=True)
async def refresh(ctx: Context, body: RefreshIn | None) -> web.Response:
    """Rotate the refresh token; a reused one ends its session."""
    token = (body.refresh_token if body else "") or cookies.refresh_token(ctx.request)
    async with system_unit(request_id=ctx.request_id, address=ctx.address):
        answer = await sessions.rotate(token) if token else None
    if answer is None:
        raise Unauthorised("This refresh token is no longer good; sign in again.", code="token_invalid")
    await limits.hit(ctx.request, "api", str(answer["user"]["id"]))
    return cookies.signed_in(ctx.request, answer)


@routes.post("/logout", can=SignedIn, status=204, tx="none")
async def logout(ctx: Context) -> web.Response:
    """End this session; its sockets are closed."""
    async with system_unit(ctx.actor, request_id=ctx.request_id, address=ctx.address):
        await sessions.end(ctx.actor.id, "signed_out", only=ctx.actor.session_id)
    return cookies.signed_out()


@routes.get("/me", can=SignedIn, gives=MeOut)
async def me(ctx: Context) -> dict[str, Any]:
    """Who I am, in which team, with which role and permissions."""
    user = await UserOut.read(ctx.actor.id)
    return user | {"role": ctx.actor.role, "team_id": ctx.actor.team_id, "permissions": sorted(ctx.actor.can)}
