"""Settings of the caller's own account: profile, password, second factor."""

from __future__ import annotations

from typing import Any

from models.errors import PreconditionFailed, Unauthorised
from server.auth import mailed, passwords, profile, second_factor
from server.auth.schemas import (
    ChangePasswordIn,
    CodeIn,
    DisableIn,
    EnrolmentOut,
    NothingIn,
    ProfileIn,
    RecoveryCodesOut,
    UserOut,
)
from server.core import limits
from server.core.permissions import SignedIn
from server.core.routing import Context, Routes
from server.core.system import system_unit

routes = Routes("/api/settings", tag="settings")


@routes.get("/profile", can=SignedIn, gives=UserOut, tx="none")
async def show(ctx: Context) -> dict[str, Any]:
    """My profile."""
    return await profile.show(ctx.actor)


@routes.put("/profile", can=SignedIn, gives=UserOut, tx="none", raises=(PreconditionFailed,))
async def replace(ctx: Context, body: ProfileIn) -> dict[str, Any]:
    """Replace my profile: name, time zone, language."""
    return await profile.change(ctx, body.model_dump())


@routes.put("/password", can=SignedIn, status=204, tx="none")
async def change_password(ctx: Context, body: ChangePasswordIn) -> None:
    """Change my password; my other sessions end."""
    await profile.prove(ctx, body.current_password)
    password_hash = await passwords.hashed(body.new_password)
    async with system_unit(request_id=ctx.request_id, address=ctx.address):
        await mailed.set_password(ctx.actor.id, password_hash, keep=ctx.actor.session_id)


@routes.post("/2fa/enable", can=SignedIn, gives=EnrolmentOut, tx="none", secret=True)
async def enable(ctx: Context, body: NothingIn | None) -> dict[str, str]:
    """Start enrolment of an authenticator: its secret, address and QR code."""
    async with system_unit(request_id=ctx.request_id, address=ctx.address):
        return await second_factor.start(ctx.actor.id)


@routes.post("/2fa/verify", can=SignedIn, gives=RecoveryCodesOut, tx="none", secret=True)
async def verify(ctx: Context, body: CodeIn) -> dict[str, Any]:
    """Finish enrolment with a first code; answers the recovery codes, once."""
    async with system_unit(request_id=ctx.request_id, address=ctx.address):
        return {"recovery_codes": await second_factor.finish(ctx.actor.id, body.code)}


@routes.post("/2fa/disable", can=SignedIn, status=204, tx="none", secret=True)
async def disable(ctx: Context, body: DisableIn) -> None:
    """Turn the second factor off; asks for the password and a code."""
    await profile.prove(ctx, body.password)
    async with limits.failures(ctx.request, ("login_account", f"2fa:{ctx.actor.id}")):
        async with system_unit(request_id=ctx.request_id, address=ctx.address):
            if not await second_factor.passes(ctx.actor.id, body.code):
                raise Unauthorised("This code is wrong, or was used before.", code="credentials_wrong")
            await second_factor.disable(ctx.actor.id)
