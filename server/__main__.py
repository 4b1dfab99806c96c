"""The web process: `python -m server`. The one module that imports upward, since someone must start it all."""

from __future__ import annotations

import gc

import asyncpg
import uvloop
from aiohttp import web

import realtime.app
from realtime.credentials import token_kind
from server.app import create_app
from server.auth.tokens import actor_of, verify_member
from server.config import Settings, settings_or_exit
from server.core import files, logs

BACKLOG = 4096  # a thousand clients that come back at once all find a place in the queue
SHUTDOWN_SECONDS = 1.0  # for requests in flight; sockets have said goodbye by then, and all of it ends within five


def build(settings: Settings) -> web.Application:
    """The application with its sockets."""
    app = create_app(settings, actor_of)
    realtime.app.attach(app, settings)
    return app


async def _settle_memory(app: web.Application) -> None:
    """What is loaded by now stays: the collector need not look at it again, nor look as often as in a small program."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# An access token is a JWT: three parts. Other kinds of token register their own look.
token_kind(lambda token: token.count(".") == 2, verify_member)


def main() -> None:
    settings = settings_or_exit("database_url")
    logs.set_up(settings, "web")
    files.as_many_as_allowed()
    uvloop.install()
    app = build(settings)
    app.on_startup.append(_settle_memory)
    try:
        web.run_app(
            app,
            host=settings.host,
            port=settings.port,
            backlog=BACKLOG,
            shutdown_timeout=SHUTDOWN_SECONDS,
            access_log=None,
            print=None,
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SystemExit(f"the web process cannot start: {error}") from None  # whoever keeps it tries again


if __name__ == "__main__":
    main()
