"""A server whose loop is watched: `python -m tests.bench.watched MODULE …` runs the module's `main` with a probe.

The probe is a timer each millisecond; how much later than that it comes at the most is how long a turn of the loop has
lasted, whatever the loop did: deliveries, requests, the garbage collector. `GET /bench/longest` gives the seconds since
it was last asked.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

TICK = 0.001
PATH = "/bench/longest"


class Probe:
    """The longest turn of the running loop."""

    def __init__(self) -> None:
        self._longest = 0.0

    async def run(self, app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(self._tick())
        yield
        task.cancel()

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK
            await asyncio.sleep(TICK)
            self._longest = max(self._longest, loop.time() - due)

    async def answer(self, request: web.Request) -> web.Response:
        longest, self._longest = self._longest, 0.0
        return web.json_response(longest)


def watched(app: web.Application) -> web.Application:
    probe = Probe()
    app.router.add_get(PATH, probe.answer)
    app.cleanup_ctx.append(probe.run)
    return app


def main() -> None:
    module: Any = importlib.import_module(sys.argv.pop(1))
    build = module.build
    module.build = lambda *given: watched(build(*given))
    module.main()


if __name__ == "__main__":
    main()
