"""People who write notes, listeners on real sockets, and further web processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import redis.asyncio
from aiohttp import web

import realtime.app
from models.ids import uuid7
from realtime import bus
from server.config import Settings
from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.ports import free_port
from tests.helpers.processes import Child, nurseries, until
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone, someone
from tests.realtime.studio import Sql, Studio

Listen = Connect = Callable[..., Awaitable[Listener]]
Subscribed = Callable[[str, int], Awaitable[None]]


@pytest.fixture
async def ann(sql: Callable[..., Awaitable[Any]]) -> Someone:
    """The first person of a new team."""
    team_id = uuid7()
    await sql("INSERT INTO team (id, name, slug) VALUES ($1, 'Test', $2)", team_id, str(team_id))
    return someone("Ann", team_id)


@pytest.fixture
async def listen(url: str) -> AsyncIterator[Listen]:
    """`await listen(ann)`: a listener that is connected and has heard `ready`."""
    made: list[Listener] = []

    async def connect(who: Someone, *, at: str = "", life: float = 900, **options: Any) -> Listener:
        made.append(listener := Listener())
        return await listener.connect(at or url, who.token(life=life), **options)

    yield connect
    await asyncio.gather(*(listener.close() for listener in made))


@pytest.fixture
async def connect(url: str) -> AsyncIterator[Connect]:
    """`await connect(person)`: the same for somebody who is really signed in."""
    made: list[Listener] = []

    async def start(person: Person, at: str = "") -> Listener:
        made.append(listener := Listener())
        return await listener.connect(at or url, person.token)

    yield start
    await asyncio.gather(*(listener.close() for listener in made))


@pytest.fixture
async def sockets_with(url: str, config: Settings) -> AsyncIterator[Callable[..., Awaitable[str]]]:
    """`await sockets_with(token_grace_seconds=0.5)`: another engine in this process, set differently."""
    runners: list[web.AppRunner] = []

    async def start(**different: Any) -> str:
        runners.append(runner := await run_sockets(config.model_copy(update=different)))
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
def patient_goodbyes(monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, who is told goodbye may take it as late as a busy machine lets them."""
    for module in ("connection", "sockets"):
        monkeypatch.setattr(f"realtime.{module}.GOODBYE_SECONDS", PATIENCE_SECONDS)


async def run_sockets(settings: Settings, port: int = 0) -> web.AppRunner:
    """The sockets alone, on the database of the shared application; not before they hear the others."""
    app = web.Application()
    sockets = realtime.app.attach(app, settings)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()

    async def hears_others() -> bool:
        return sockets.bus.healthy or not settings.redis_url

    await until(hears_others)
    await web.TCPSite(runner, "127.0.0.1", port or free_port()).start()
    return runner


class Process:
    """A web process of its own."""

    def __init__(self, process: Child, url: str) -> None:
        self.process, self.url = process, url

    async def write(self, who: Someone, *texts: str) -> list[int]:
        said = who.fields | {"texts": texts}
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/notes", json=said) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def reaches_the_database(self) -> bool:
        """False while it still holds connections that the server has cut: their end is on its way."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/look") as answer:
            return answer.status == 200

    async def hint(self, room: str) -> None:
        """Have the process hear of one room what a push would have told it."""
        async with aiohttp.ClientSession() as session, session.post(f"{self.url}/hints", data=room) as answer:
            assert answer.status == 200, await answer.text()

    def kill(self) -> None:
        self.process.kill()


@pytest.fixture
async def another_process(url: str, tmp_path: Path) -> Callable[..., Any]:
    """`async with another_process(REDIS_URL=…) as process`: the same database, other sockets."""

    @asynccontextmanager
    async def start(**environment: str) -> AsyncIterator[Process]:
        port = free_port()
        log = tmp_path / f"{port}.log"
        process = await nurseries.fork("tests.realtime.server", (port,), os.environ | environment, log)

        async def is_ready() -> bool:
            assert process.returncode is None, log.read_text()
            return "ready" in log.read_text()

        try:
            await until(is_ready)
            yield Process(process, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            await process.wait()

    return start


@pytest.fixture
def subscribed(redis_url: str) -> Subscribed:
    """`await subscribed(ann.team, 2)`: from now on so many processes hear the room's hints."""

    async def wait(room: str, count: int) -> None:
        async with redis.asyncio.Redis.from_url(redis_url) as client:

            async def stands() -> bool:
                [(_, heard)] = await client.pubsub_numsub(bus.channel(room))
                return heard >= count

            await until(stands)

    return wait


@pytest.fixture
async def studio(make: Make, sql: Sql) -> Studio:
    ann = await make.owner()
    return Studio(ann, [await make.project(ann) for _ in range(3)], sql)


async def up(process: Process, who: Someone, listen: Listen) -> Listener:
    """A client of a process that hears its bus: one that was never told otherwise."""

    async def never_told() -> Listener | None:
        listener = await listen(who, at=process.url)
        await listener.ask("presence", room=who.team)  # what is said when one connects is said before this answer
        return None if listener.all("degraded") else listener

    return await until(never_told)
