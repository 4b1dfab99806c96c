"""The refresh token of our own pages: in a cookie that no script can read and no other site can send."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from server.config import settings

NAME = "mf_refresh"
MODE = "X-Session"


def signed_in(request: web.Request, answer: dict[str, Any], status: int = 200) -> web.Response:
    """The answer of a login; with `X-Session: cookie` the refresh token goes into the cookie instead."""
    if request.headers.get(MODE) != "cookie":
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


def _json(answer: dict[str, Any], status: int) -> web.Response:
    return web.Response(body=msgspec.json.encode(answer), status=status, content_type="application/json")
