"""What every background process needs: settings, the database, its bell and signals, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import uvloop

from realtime.bus import Bus
from server.app import declare
from server.config import Settings, settings_or_exit
from server.core.announce import listen
from server.core.bell import Bell
from server.core.database import database
from server.core.logs import set_up

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Main = Callable[[Settings, Bus, asyncio.Event], Coroutine[Any, Any, None]]


def run(name: str, main: Main) -> None:
    """Run `main` until SIGTERM or SIGINT sets its event; a second signal changes nothing."""
    config = settings_or_exit()
    set_up(config, name)
    declare()
    uvloop.install()
    asyncio.run(_run(config, main))


async def _run(config: Settings, main: Main) -> None:
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with connected(config) as bus:
        await main(config, bus, stop)


@asynccontextmanager
async def connected(config: Settings) -> AsyncIterator[Bus]:
    """The database open (waited for: it may start later than we), the bell ready, commits told on the bus."""
    while True:
        try:
            await database.open(config)
            break
        except (OSError, asyncpg.CannotConnectNowError) as error:
            logging.getLogger(__name__).warning("waiting for the database: %s", error)
            await asyncio.sleep(0.5)
    bell, bus = Bell(config.redis_url), Bus(config.redis_url)
    await bell.open()
    telling = asyncio.create_task(bus.run())
    unlisten = listen(bus.publish)
    try:
        yield bus
    finally:
        unlisten()
        bus.ending = True
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await bell.close()
        await database.close()
