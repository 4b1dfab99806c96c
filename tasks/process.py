"""What every background process needs: settings, the database, its bell and signals, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import uvloop

from realtime.bus import Bus
from server.app import declare
from server.config import Settings, settings_or_exit
from server.core import metrics
from server.core.announce import listen
from server.core.bell import Bell
from server.core.database import database
from server.core.logs import set_up

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
Main = Callable[[Settings, Bus, asyncio.Event], Coroutine[Any, Any, None]]


def run(name: str, main: Main) -> None:
    """Run `main` until SIGTERM or SIGINT sets its event; a second signal changes nothing."""
    config = settings_or_exit("database_url")
    set_up(config, name)
    declare()
    uvloop.install()
    asyncio.run(_run(config, main))


async def _run(config: Settings, main: Main) -> None:
    stop = asyncio.Event()
    for number in STOP_SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if await _found_database(config, stop):
        async with connected(config) as bus, metrics.kept_up():
            await main(config, bus, stop)


async def _found_database(config: Settings, stop: asyncio.Event) -> bool:
    """Open the database, waiting for it: it may start later than we. False when told to stop meanwhile.

    One that answers and refuses us ends the process: only another setting helps.
    """
    while not stop.is_set():
        try:
            await database.open(config)
            return True
        except (OSError, asyncpg.CannotConnectNowError) as error:
            logging.getLogger(__name__).warning("waiting for the database: %s", error)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise SystemExit(f"DATABASE_URL is wrong: the database refuses us: {error}") from None
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.5)
    return False


@asynccontextmanager
async def connected(config: Settings) -> AsyncIterator[Bus]:
    """The bell ready, commits told on the bus; at the end the database is closed."""
    bell = Bell(config.redis_url)
    bus = Bus(config.redis_url, retry_seconds=config.bus_retry_seconds, tick_seconds=config.bus_tick_seconds)
    await bell.open()
    telling = asyncio.create_task(bus.run())
    unlisten = listen(bus.publish)
    try:
        yield bus
    finally:
        unlisten()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        await bell.close()
        await database.close()
