"""Real services for the tests: PostgreSQL and Redis from pip, the web application on a free port."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import uvloop
from aiohttp import web
from redis import Redis
from xdist.scheduler import LoadScopeScheduling

from server.config import Settings, settings
from server.run.redis import embedded_redis
from tests.factories import Make
from tests.helpers import hashes
from tests.helpers.databases import Sql, clone, in_database, migrated_template, staying_in
from tests.helpers.facts import hold_facts
from tests.helpers.http import Client
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.ports import WORKER
from tests.helpers.processes import Process, beside, nurseries
from tests.helpers.services import a_postgres

# These take the longest: begun first, they are not waited for at the end.
LONGEST = ("browser", "realtime", "run", "jobs", "paper", "faults", "imports", "contract", "mail", "teams", "auth")
# These would keep one worker busy when the others have ended.
DIVIDED = ("contract",)


gc.set_threshold(20_000, 20, 20)  # as the server's own: looking as often as in a small program is a fifth of the work


def pytest_configure() -> None:
    uvloop.install()  # the loop that the server runs on
    # What takes long is a busy machine; the same examples each time, or another change finds the one in a thousand.
    slow = [hypothesis.HealthCheck.too_slow]
    hypothesis.settings.register_profile("steady", deadline=None, suppress_health_check=slow, derandomize=True)
    hypothesis.settings.load_profile("steady")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(folder(item.nodeid), len(places)))
    gc.freeze()  # what is loaded by now stays


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # not by their number of tests: see LONGEST
    return ByFolder(config, log)


class ByFolder(LoadScopeScheduling):
    """With `-n 2`: a folder of tests is one worker's, who runs it as it would run alone; of DIVIDED, each file is."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if folder(nodeid) in DIVIDED else folder(nodeid)


def folder(nodeid: str) -> str:
    """`todos` of `tests/todos/test_tasks.py::test_it`."""
    return nodeid.removeprefix("tests/").partition("/")[0]


@pytest.fixture(scope="session")
def var(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("var")


@pytest.fixture(scope="session")
def redis_url(var: Path) -> Iterator[str]:
    """A Redis-compatible server of this worker's own, or a database of the one that TEST_REDIS_URL names."""
    if given := os.environ.get("TEST_REDIS_URL"):
        own = f"{given}{'&' if '?' in given else '?'}db={WORKER}"
        with Redis.from_url(own) as client:
            client.flushdb()  # an earlier run has used up limits
        yield own
        return
    with embedded_redis(var) as url:
        yield url


@pytest.fixture(scope="session")
def cluster(var: Path) -> Iterator[str]:
    """A PostgreSQL cluster of this worker's own; gives the URL of its first database.

    TEST_DATABASE_URL names another server, on which the user may make databases and roles; one run at a time.
    """
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    server = a_postgres(var, durable=False)
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
async def template(cluster: str) -> str:
    """A migrated database that others are cloned from."""
    return await migrated_template(cluster)


@pytest.fixture(scope="session")
async def database_url(template: str) -> str:
    """The database of this worker. Tests share it: each makes its own team, and teams cannot see each other."""
    return await clone(template, "shared")


@pytest.fixture
async def fresh_database_url(template: str) -> str:
    """A database of the test's own, for tests that break it or count everything in it."""
    return await clone(template)


@pytest.fixture(scope="session")
def config(database_url: str, redis_url: str, var: Path) -> Iterator[Settings]:
    """The settings of the shared application; also what `settings()` gives in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "APP_ENV": "test",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "VAR_DIR": str(var),
            "RATE_LIMITS": "off",
            "PUBLIC_URL": "https://mediaflow.test",
            "LOG_LEVEL": "WARNING",
        }.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield settings()
    settings.cache_clear()


@pytest.fixture(scope="session")
async def url(config: Settings) -> AsyncIterator[str]:
    """The base address of the running application, sockets included; at its end, what it has logged is looked at."""
    from server.__main__ import build

    runner = web.AppRunner(build(config), shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://127.0.0.1:{port}"
    await runner.cleanup()
    await hold_facts(in_database(config.database_url))


@pytest.fixture(scope="session")
async def anyone(url: str) -> AsyncIterator[Client]:
    """A client that is not signed in."""
    async with Client.open(url) as client:
        yield client


@pytest.fixture
async def make(anyone: Client, sql: Sql) -> Make:
    """Factories: `await make.owner()`, `await make.member(owner, role="member")`, `await make.project(owner)`, …"""
    return Make(anyone, sql)


@pytest.fixture(scope="session")
async def sql(database_url: str) -> AsyncIterator[Sql]:
    """Read the shared database as the system: `await sql("SELECT …", arg)`."""
    async with staying_in(database_url) as run:
        yield run


@pytest.fixture(scope="session", autouse=True)
def forked() -> Iterator[None]:
    """At the end, the processes that others were forked from have ended, and said what they have covered."""
    yield
    nurseries.close()


@pytest.fixture(scope="session", autouse=True)
def cheap_hashes() -> Iterator[None]:
    with hashes.made_by(hashes.CHEAP):
        yield


@pytest.fixture(autouse=True)
def began() -> datetime:
    """When the test began, before its other fixtures."""
    return datetime.now(UTC)


@pytest.fixture
async def one_hour() -> None:
    """No hour ends while the test runs, and so no day in whatever time zone: shortly before, it waits for the next."""
    left = 3600 - time.time() % 3600
    if left < PATIENCE_SECONDS / 2:
        await asyncio.sleep(left)


@pytest.fixture
async def background(
    config: Settings, url: str, tmp_path: Path, sql: Sql, began: datetime
) -> AsyncIterator[Callable[..., Awaitable[Process]]]:
    """`await background("tasks.worker", SMTP_URL=…)` starts one of our processes; all end with the test."""
    async with beside(config, tmp_path, sql, began) as start:
        yield start
