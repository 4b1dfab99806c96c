"""Teams and their members."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from server.auth import cookies, sessions
from server.auth.schemas import SignedInOut
from server.core.permissions import SignedIn
from server.core.routing import Context, Routes
from server.core.system import system_unit

routes = Routes("/api/teams", tag="teams")


@routes.post("/{id}/switch", can=SignedIn, gives=SignedInOut, tx="none", secret=True)
async def switch(ctx: Context, id: UUID) -> web.Response:
    """New tokens for another of my teams."""
    async with system_unit(ctx.actor, request_id=ctx.request_id, address=ctx.address):
        answer = await sessions.move(ctx.actor.session_id, ctx.actor.id, id)
        from_cookie = await sessions.in_cookie(ctx.actor.session_id)
    return cookies.signed_in(ctx.request, answer, from_cookie=from_cookie)
