"""What the holder of a link may ask for: no account, only the link, and a code where the sender wanted one."""

from __future__ import annotations

from models.errors import AppError, Conflict, PermissionDenied, RateLimited, Unauthorised
from server.core.permissions import Public
from server.core.routing import Context, Routes
from server.core.unit import unit_of_work
from server.core.view import Row
from server.proposals import choices, comments, links, public, reading, signing
from server.proposals.public_schemas import (
    DeclineIn,
    HeartbeatIn,
    OptionsIn,
    PublicComment,
    PublicOut,
    QuestionIn,
    SignIn,
    VerifiedOut,
    VerifyIn,
)

routes = Routes("/api/proposals/public/{token}", tag="proposals")
HELD = {"can": Public, "holder": links.holder, "raises": (Unauthorised, Conflict, PermissionDenied)}


def _device(ctx: Context) -> Row:
    return {"address": ctx.address, "user_agent": ctx.request.headers.get("User-Agent", "")}


@routes.get("", gives=PublicOut, tx="snapshot", **HELD)
async def read(ctx: Context, token: str) -> Row:
    """The proposal as its recipient sees it."""
    return await public.read(ctx.actor)


@routes.post("/view", limit="reading", **HELD)
async def view(ctx: Context, token: str, body: HeartbeatIn) -> None:
    """Say which section is being read, and for how long since the last time; live to the sender."""
    await reading.beat(body, by=ctx.actor, **_device(ctx))


@routes.post("/options", gives=PublicOut, limit="choosing", **HELD)
async def choose(ctx: Context, token: str, body: OptionsIn) -> Row:
    """Choose optional items and quantities; the totals follow live on both sides."""
    return await choices.choose(body, by=ctx.actor)


@routes.post("/comments", gives=PublicComment, status=201, location="/api/proposals/public", **HELD)
async def ask(ctx: Context, token: str, body: QuestionIn) -> Row:
    """Ask a question."""
    held = await links.open_link(ctx.actor)
    return await comments.ask(held.proposal, body.model_dump(), by=ctx.actor)


@routes.post("/sign", gives=PublicOut, **HELD)
async def sign(ctx: Context, token: str, body: SignIn) -> Row:
    """Sign the version with this digest; the last signature accepts the proposal."""
    return await signing.sign(body, by=ctx.actor, **_device(ctx))


@routes.post("/decline", gives=PublicOut, **HELD)
async def decline(ctx: Context, token: str, body: DeclineIn) -> Row:
    """Say no, and why."""
    return await signing.decline(body.reason, by=ctx.actor)


@routes.post(
    "/verify",
    can=Public,
    holder=links.holder,
    gives=VerifiedOut,
    secret=True,
    tx="none",
    limit="auth",
    raises=(Unauthorised, RateLimited),
)
async def verify(ctx: Context, token: str, body: VerifyIn) -> Row:
    """Be mailed a one-time code; with the code, get the token that reading and signing ask for."""
    async with unit_of_work(ctx.actor, request_id=ctx.request_id, address=ctx.address):
        answer = await links.send_code(ctx.actor) if body.code is None else await links.try_code(body.code, ctx.actor)
    if isinstance(answer, AppError):  # after the failure was counted and kept
        raise answer
    return answer
