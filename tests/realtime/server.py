"""A web process with the sockets, notes and hints only: `python -m tests.realtime.server`; prints its port."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator

import uvloop
from aiohttp import web
from prometheus_client import generate_latest

import realtime.app
import server.__main__  # noqa: F401 - access tokens register themselves
from server.config import settings
from server.core.announce import announce
from server.core.database import database
from server.core.log import head, since
from server.core.system import system_unit
from tests.realtime.notes import Someone, actor_from


async def _database(app: web.Application) -> AsyncIterator[None]:
    await database.open(settings())
    yield
    await database.close()


async def _write(request: web.Request) -> web.Response:
    said = await request.json()
    return web.json_response(await Someone(actor_from(said)).write(*said["texts"]))


async def _hint(request: web.Request) -> web.Response:
    """Tell the process what the log has of this one room."""
    async with system_unit(read_only=True):
        at = await head(await request.text())
        entries = await since(at.room, at.epoch, 0, at.seq)
    announce(entries)
    return web.json_response(len(entries))


async def _look(request: web.Request) -> web.Response:
    """Ask the database for nothing."""
    async with system_unit(read_only=True):
        return web.Response()


async def _metrics(request: web.Request) -> web.Response:
    return web.Response(body=generate_latest())


def main() -> None:
    uvloop.install()
    app = web.Application()
    app.cleanup_ctx.append(_database)
    app.router.add_post("/notes", _write)
    app.router.add_post("/hints", _hint)
    app.router.add_get("/look", _look)
    app.router.add_get("/metrics", _metrics)
    realtime.app.attach(app, settings())
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=_say_ready, shutdown_timeout=1)


def _say_ready(*_: object) -> None:
    sys.stdout.write("ready\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
