"""What the sockets are compared with: python-socketio as it comes. `python -m tests.bench.stock PORT [redis]`.

A change is one UPDATE, committed, and then the room is told: by its own `emit`, which forgets it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import socketio
import uvloop
from aiohttp import web

TABLE = "CREATE TABLE IF NOT EXISTS bench_change (room text PRIMARY KEY, version bigint NOT NULL)"
CHANGE = """
INSERT INTO bench_change VALUES ($1, 1) ON CONFLICT (room) DO UPDATE SET version = bench_change.version + 1
"""
POOL = web.AppKey("pool", asyncpg.Pool)


def build(sio: socketio.AsyncServer) -> web.Application:
    app = web.Application()
    app.cleanup_ctx.append(_database)
    sio.attach(app)

    async def join(sid: str, said: dict[str, Any]) -> dict[str, Any]:
        await sio.enter_room(sid, said["room"])
        return {"ok": True}

    async def change(request: web.Request) -> web.Response:
        said = await request.json()
        said["payload"]["at"] = datetime.now(UTC).isoformat()
        await request.app[POOL].execute(CHANGE, said["room"])
        for _ in range(said["times"]):
            await sio.emit("task.updated", said["payload"], room=said["room"])
        return web.json_response({"ok": True})

    sio.on("join", join)
    app.router.add_post("/change", change)
    return app


async def _database(app: web.Application) -> AsyncIterator[None]:
    app[POOL] = await asyncpg.create_pool(os.environ["DATABASE_URL"])
    await app[POOL].execute(TABLE)
    yield
    await app[POOL].close()


def main() -> None:
    uvloop.install()
    manager = socketio.AsyncRedisManager(os.environ["REDIS_URL"]) if "redis" in sys.argv else None
    app = build(socketio.AsyncServer(async_mode="aiohttp", client_manager=manager))
    port = int(sys.argv[1])
    # A queue as long as ours: with 128 places, 2,000 clients at once would measure how long TCP waits to ask again.
    web.run_app(app, host="127.0.0.1", port=port, backlog=4096, print=None, access_log=None, shutdown_timeout=1)


if __name__ == "__main__":
    main()
