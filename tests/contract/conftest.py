"""Two teams with something of everything each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from server.config import Settings
from tests.contract.world import World, world
from tests.factories import Make
from tests.helpers.databases import Sql
from tests.helpers.http import Client
from tests.helpers.ports import free_port
from tests.helpers.processes import Process, until


@pytest.fixture(scope="session")
async def making(anyone: Client, sql: Sql) -> Make:
    return Make(anyone, sql)


@pytest.fixture(scope="session")
async def ours(making: Make, anyone: Client) -> World:
    """The team on whose behalf the tests ask."""
    return await world(making, anyone)


@pytest.fixture(scope="session")
async def theirs(making: Make, anyone: Client) -> World:
    """The team whose things must stay out of reach; no test changes it."""
    return await world(making, anyone)


@pytest.fixture(scope="session")
async def worn(making: Make, anyone: Client) -> World:
    """The team that is written to, as long as that leaves it whole."""
    return await world(making, anyone)


Spare = Callable[[], Awaitable[World]]


@pytest.fixture
def spare(making: Make, anyone: Client) -> Spare:
    """`await spare()` gives a team that the test may take apart."""
    return lambda: world(making, anyone)


Web = tuple[Client, Process]
Start = Callable[..., Awaitable[Web]]


@pytest.fixture
async def web(config: Settings, anyone: Client, tmp_path: Path) -> AsyncIterator[Start]:
    """`await web(RATE_API_USER="7/minute")` starts one more web process, with limits on."""
    started: list[Process] = []

    async def start(**environment: str) -> Web:
        port = free_port()
        log = tmp_path / f"web{len(started)}.log"
        given = {"PORT": str(port), "RATE_LIMITS": "on", "VAR_DIR": str(tmp_path), **environment}
        started.append(await Process.start("server", config, log, **given))
        client = Client(anyone.session, f"http://127.0.0.1:{port}")

        async def answers() -> bool:
            try:
                return (await client.get("/api/health")) == 200
            except OSError:
                return False

        await until(answers)
        return client, started[-1]

    yield start
    for process in started:
        await process.kill()
