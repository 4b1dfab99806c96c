"""Where faults strike: PostgreSQL, Redis and three web processes, made once and shared by the cases."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg

from tests.faults.oracle import WITNESS
from tests.faults.web import Web
from tests.faults.wires import PostgresWire, RedisWire
from tests.helpers.backups import migrate
from tests.helpers.databases import in_database
from tests.helpers.services import Redis, a_postgres


@dataclass(frozen=True)
class Form:
    """How long things last: the short form shrinks every bound and asks for less, but leaves no step out."""

    settings: dict[str, str]
    changes: int  # written before, between and after the faults
    outages: tuple[float, ...]
    stall: float
    crowd: int


SHORT = Form(
    settings={
        "ROOM_POLL_SECONDS": "0.3",
        "ROOM_POLL_DEGRADED_SECONDS": "0.05",
        "PRESENCE_LEASE_SECONDS": "1",
        "SESSION_CHECK_SECONDS": "1",
        "SLOW_CLIENT_SECONDS": "5",  # who is cut took nothing; who is late has a machine that stood still for a while
    },
    changes=40,
    outages=(0.2, 0.6, 1.2),
    stall=1.0,
    crowd=120,
)
LONG = Form(settings={}, changes=400, outages=(0.5, 8.0, 30.0), stall=8.0, crowd=1000)


class World:
    """The services and the processes. The first two processes reach their services over wires that a test holds."""

    session: aiohttp.ClientSession

    def __init__(self, form: Form, folder: Path) -> None:
        self.form, self.folder = form, folder
        self.redis, self.postgres = Redis(folder), a_postgres(folder)
        self.sql = in_database(self.postgres.url)
        self.wires = [(PostgresWire(self.postgres.url), RedisWire(self.redis.url)) for _ in range(2)]
        self.webs: list[Web] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, form: Form, folder: Path) -> AsyncIterator[World]:
        world = await asyncio.to_thread(cls, form, folder)
        try:
            await migrate(world.postgres.url)
            await world._set_up()
            await world._start()
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as world.session:
                yield world
        finally:
            await world._stop()

    async def _set_up(self) -> None:
        connection = await asyncpg.connect(self.postgres.url)
        await connection.execute(WITNESS)
        await connection.close()

    async def _start(self) -> None:
        for wires in self.wires:
            for wire in wires:
                await wire.open()
        urls = [(p.url, r.url) for p, r in self.wires] + [(self.postgres.url, self.redis.url)]
        for n, (database_url, redis_url) in enumerate(urls):
            environment = {
                "APP_ENV": "test",
                "DATABASE_URL": database_url,
                "REDIS_URL": redis_url,
                "VAR_DIR": str(self.folder),
                "RATE_LIMITS": "off",
                "LOG_LEVEL": "WARNING",
                **self.form.settings,
            }
            self.webs.append(Web(environment, self.folder / f"web{n}.log", "tests.faults.process"))
        await asyncio.gather(*(web.start() for web in self.webs))

    async def _stop(self) -> None:
        await asyncio.gather(*(web.stop() for web in self.webs))
        for wires in self.wires:
            for wire in wires:
                wire.close()
        for service in (self.redis, self.postgres):
            service.thaw()
            await asyncio.to_thread(service.stop)

    async def mend(self) -> None:
        """After a case that failed: nothing is dead, frozen, disturbed or armed any more."""
        for service in (self.redis, self.postgres):
            service.thaw()
            if service.process.poll() is not None:
                await asyncio.to_thread(service.start)
        for postgres, redis in self.wires:
            postgres.mend()
            redis.mend()
        for web in self.webs:
            await web.end()
        await asyncio.gather(*(web.start() for web in self.webs))

    @property
    def urls(self) -> list[str]:
        return [web.url for web in self.webs]

    async def healthy(self) -> None:
        """Wait until every process answers and hears its hints."""
        async with asyncio.timeout(60):
            for web in self.webs:
                while await web.number("mediaflow_bus_up") != 1:  # noqa: ASYNC110 - looked at over HTTP
                    await asyncio.sleep(0.05)
