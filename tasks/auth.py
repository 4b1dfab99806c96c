"""What signing in leaves for later."""

from __future__ import annotations

from server.auth.mailed import send_reset
from tasks.context import JobContext
from tasks.registry import Args, job


class ForgotPassword(Args):
    """Whose password was forgotten."""

    email: str


@job("forgot_password", queue="mail", quiet=True, forget=True)
async def forgot_password(ctx: JobContext, args: ForgotPassword) -> None:
    """Mail a reset link, where there is an account: done here, so that the request's time tells nothing."""
    async with ctx.unit():
        await send_reset(args.email)
