"""The refresh token of our own pages: in a cookie that no script can read and no other site can send."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from models.actors import Actor
from server.auth import sessions
from server.config import settings
from server.core.system import system_unit

NAME = "mf_refresh"
MODE = "X-Session"


def wanted(request: web.Request) -> bool:
    """Whether the caller is a page of ours, which keeps its refresh token in the cookie."""
    return request.headers.get(MODE) == "cookie"


def signed_in(
    request: web.Request, answer: dict[str, Any], status: int = 200, *, from_cookie: bool = False
) -> web.Response:
    """The answer of a login; with `X-Session: cookie` the refresh token goes into the cookie instead.

    A token that came from the cookie goes back into it whatever the caller says, or a script could ask for it.
    """
    if not from_cookie and not wanted(request):
        return _json(answer, status)
    token = answer["refresh_token"]
    response = _json({k: v for k, v in answer.items() if k != "refresh_token"}, status)
    response.set_cookie(
        NAME,
        token,
        max_age=settings().refresh_token_seconds,
        httponly=True,
        samesite="Strict",
        secure=settings().production,
        path="/",
    )
    return response


def signed_out() -> web.Response:
    response = web.Response(status=204)
    response.del_cookie(NAME, path="/", httponly=True, samesite="Strict", secure=settings().production)
    return response


def refresh_token(request: web.Request) -> str:
    """The cookie's token, or nothing."""
    return request.cookies.get(NAME, "")


async def visitor(request: web.Request) -> Actor | None:
    """Whose browser asks for a page: enough to draw it for them, never to change anything. None: no session."""
    token = refresh_token(request)
    if not token:
        return None
    async with system_unit(read_only=True):
        return await sessions.peek(token)


def _json(answer: dict[str, Any], status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), status=status, content_type="application/json")
