"""The yardstick: aiohttp answering a constant after checking the same token. `python -m tests.bench.constant PORT`."""

from __future__ import annotations

import sys

import uvloop
from aiohttp import web

from server.auth.tokens import verify
from server.config import settings
from server.core.database import database

BODY = b'{"id":"00000000-0000-7000-8000-000000000000","title":"a constant","status":"todo"}'


async def answer(request: web.Request) -> web.Response:
    """Check the token as the product does, then answer."""
    await verify(request.headers["Authorization"].removeprefix("Bearer "))
    return web.Response(body=BODY, content_type="application/json")


async def connect(app: web.Application) -> None:
    await database.open(settings(), size=2)  # a token's first check asks the database


def main() -> None:
    uvloop.install()
    app = web.Application()
    app.on_startup.append(connect)
    app.router.add_get("/", answer)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None)


if __name__ == "__main__":
    main()
