"""Signing in, and the account."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from aiohttp import web

from models.errors import NotFound, PreconditionFailed, RateLimited, Unauthorised
from server.auth import accounts, cookies, mailed, passwords, profile, second_factor, sessions
from server.auth.schemas import (
    AcceptedOut,
    ChallengeIn,
    ChangeEmailIn,
    EmailIn,
    LoginIn,
    LoginOut,
    MeOut,
    ProfileIn,
    ProfilePatch,
    RefreshIn,
    RegisterIn,
    ResetIn,
    SessionsOut,
    SignedInOut,
    TokenIn,
    UserOut,
)
from server.auth.sessions import Device
from server.core import limits
from server.core.jobs import enqueue
from server.core.permissions import Public, SignedIn
from server.core.routing import Context, Routes
from server.core.system import system_unit
from server.core.unit import Unit

routes = Routes("/api/auth", tag="auth")


def device(ctx: Context) -> Device:
    agent = ctx.request.headers.get("User-Agent", "")
    # Bytes of a header that are no UTF-8 arrive as lone surrogates, which cannot be stored.
    agent = agent.encode(errors="surrogateescape").decode(errors="replace")
    return Device(agent, ctx.address, cookies.wanted(ctx.request))


def system(ctx: Context, **options: Any) -> Unit:
    """Accounts belong to no team: their rows are the system role's."""
    return system_unit(request_id=ctx.request_id, address=ctx.address, **options)


@routes.post("/register", can=Public, gives=SignedInOut, status=201, limit="auth", secret=True)
async def register(ctx: Context, body: RegisterIn) -> web.Response:
    """Create an account and its first team, and sign in."""
    password_hash = await passwords.hashed(body.password)
    async with system(ctx):
        user_id = await accounts.create(body, password_hash)
        answer = await sessions.open_session(user_id, device(ctx))
        await mailed.send_verification(user_id)
    return cookies.signed_in(ctx.request, answer, status=201)


@routes.post("/login", can=Public, gives=LoginOut, limit="none", secret=True, raises=(RateLimited,))
async def login(ctx: Context, body: LoginIn) -> web.Response | dict[str, Any]:
    """Sign in with a password; asks for the second factor where it is on."""
    email = body.email.strip().lower()
    async with limits.failures(ctx.request, ("login_account", email), ("login_address", ctx.address)):
        async with system(ctx, read_only=True) as unit:
            row = await unit.conn.fetchrow(accounts.BY_EMAIL, email)
        found = await accounts.by_password(body.password, row)
    if found["two_factor"]:
        return {"two_factor_required": True, "challenge": second_factor.challenge(found)}
    async with system(ctx):
        await accounts.still(found)
        answer = await sessions.open_session(found["id"], device(ctx))
    return cookies.signed_in(ctx.request, answer)


@routes.post("/2fa", can=Public, gives=SignedInOut, limit="none", secret=True, raises=(RateLimited,))
async def finish_login(ctx: Context, body: ChallengeIn) -> web.Response:
    """Finish a sign-in with a code of the authenticator, or a recovery code."""
    user_id, password = second_factor.challenged(body.challenge)
    async with limits.failures(ctx.request, ("login_account", f"2fa:{user_id}"), ("login_address", ctx.address)):
        async with system(ctx):
            if not await second_factor.passes(user_id, body.code, password):
                raise Unauthorised("This code is wrong, or was used before.", code="credentials_wrong")
            answer = await sessions.open_session(user_id, device(ctx))
    return cookies.signed_in(ctx.request, answer)


@routes.post("/refresh", can=Public, gives=SignedInOut, limit="none", secret=True, raises=(RateLimited,))
async def refresh(ctx: Context, body: RefreshIn | None) -> web.Response:
    """Rotate the refresh token; a reused one ends its session."""
    given = body.refresh_token if body else ""
    token = given or cookies.refresh_token(ctx.request)
    if not token:
        raise Unauthorised("Send a refresh token, or its cookie.", code="token_missing")
    async with system(ctx):
        user_id = await sessions.owner_of(token)
        # Before the rotation: a refusal after it would cost the client its only good token.
        await limits.hit(ctx.request, *(("api", str(user_id)) if user_id else ("public", ctx.address)))
        answer = await sessions.rotate(token) if user_id else sessions.refused("token_invalid")
    if isinstance(answer, Unauthorised):
        raise answer
    return cookies.signed_in(ctx.request, answer, from_cookie=not given)


@routes.post("/logout", can=SignedIn, status=204, tx="none")
async def logout(ctx: Context) -> web.Response:
    """End this session; its sockets are closed."""
    async with system(ctx):
        await sessions.end(ctx.actor.id, "signed_out", only=ctx.actor.session_id)
    return cookies.signed_out()


@routes.post("/forgot-password", can=Public, gives=AcceptedOut, status=202, limit="auth")
async def forgot_password(ctx: Context, body: EmailIn) -> dict[str, Any]:
    """Send a link to choose a new password; the same answer, and time, whether there is such an account or not."""
    async with system(ctx):
        return {"job_id": await enqueue("forgot_password", {"email": body.email}, queue="mail")}


@routes.post("/reset-password", can=Public, status=204, limit="auth", secret=True)
async def reset_password(ctx: Context, body: ResetIn) -> None:
    """Set a new password with the mailed token; every session ends."""
    password_hash = await passwords.hashed(body.password)
    async with system(ctx):
        await mailed.reset_password(body.token, password_hash)


@routes.post("/verify-email", can=Public, status=204, limit="auth")
async def verify_email(ctx: Context, body: TokenIn) -> None:
    """Confirm the address that the token was mailed to."""
    async with system(ctx):
        await mailed.confirm(body.token)


@routes.post("/resend-verification", can=SignedIn, gives=AcceptedOut, status=202, tx="none", limit="auth")
async def resend_verification(ctx: Context) -> dict[str, Any]:
    """Send the verification mail again."""
    async with system(ctx):
        return {"job_id": await mailed.send_verification(ctx.actor.id)}


@routes.post("/change-email", can=SignedIn, gives=AcceptedOut, status=202, tx="none", limit="auth")
async def change_email(ctx: Context, body: ChangeEmailIn) -> dict[str, Any]:
    """Start changing the address; both addresses hear of it, and the new one has to confirm it."""
    await profile.prove(ctx, body.password)
    async with system(ctx):
        return {"job_id": await mailed.send_email_change(ctx.actor.id, body.email)}


@routes.get("/me", can=SignedIn, gives=MeOut, tx="none")
async def me(ctx: Context) -> dict[str, Any]:
    """Who I am, in which team, with which role and permissions."""
    return await profile.me(ctx.actor)


@routes.put("/me", can=SignedIn, gives=UserOut, tx="none", raises=(PreconditionFailed,))
async def replace_me(ctx: Context, body: ProfileIn) -> dict[str, Any]:
    """Replace my profile."""
    return await profile.change(ctx, body.model_dump())


@routes.patch("/me", can=SignedIn, gives=UserOut, tx="none", raises=(PreconditionFailed,))
async def change_me(ctx: Context, body: ProfilePatch) -> dict[str, Any]:
    """Change my profile's sent fields."""
    return await profile.change(ctx, body.sent())


@routes.get("/sessions", can=SignedIn, gives=SessionsOut, tx="none")
async def list_sessions(ctx: Context) -> dict[str, Any]:
    """My signed-in sessions, the last seen first."""
    async with system(ctx, read_only=True):
        return {"items": await sessions.open_of(ctx.actor.id, ctx.actor.session_id), "next_cursor": None}


@routes.delete("/sessions/{id}", can=SignedIn, tx="none")
async def end_session(ctx: Context, id: UUID) -> None:
    """Sign one session out; its sockets are closed."""
    async with system(ctx):
        if not await sessions.end(ctx.actor.id, "signed_out", only=id):
            raise NotFound("There is no such session.")
