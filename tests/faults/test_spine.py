"""Two thousand changes by twenty writers through three web processes, of which two are killed, and Redis too."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from server.run.child import running
from server.run.redis import address, command, wait_ready
from tests.faults.web import Client, Web, webs
from tests.helpers.databases import in_database
from tests.helpers.processes import until

CHANGES, WRITERS = 2_000, 20


class Redis:
    """A Redis-compatible server that can be killed and started again at the same address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stack = ExitStack()
        self.start()

    def start(self) -> None:
        lock = self.folder / "redis.lock"
        self.process = self._stack.enter_context(running(lambda: command(self.folder), lock))
        wait_ready(self.folder, lambda: self.process.poll() is None)

    def kill(self) -> None:
        self.process.kill()
        assert self.process.wait() == -9

    def stop(self) -> None:
        self._stack.close()


class Writers:
    """Twenty people's hands: each change is repeated with its own key until a server acknowledges it."""

    def __init__(self, session: aiohttp.ClientSession, servers: list[Web], token: str, project_id: str) -> None:
        self.session, self.servers, self.project_id = session, servers, project_id
        self.headers = {"Authorization": f"Bearer {token}"}
        self.acknowledged: dict[str, str] = {}
        self.repeated = 0

    async def write(self, number: int) -> None:
        for n in range(CHANGES // WRITERS):
            title = f"writer {number} change {n}"
            self.acknowledged[title] = await self._create(title, itertools.cycle(self._from(number + n)))

    def _from(self, first: int) -> list[Web]:
        first %= len(self.servers)
        return self.servers[first:] + self.servers[:first]

    async def _create(self, title: str, servers: Any) -> str:
        headers = self.headers | {"Idempotency-Key": str(uuid.uuid4())}
        body = {"title": title, "project_id": self.project_id}
        for server in servers:
            try:
                async with self.session.post(f"{server.url}/api/tasks", json=body, headers=headers) as answer:
                    if answer.status == 201:
                        return (await answer.json())["id"]
                    assert answer.status == 503, await answer.text()
            except (aiohttp.ClientError, TimeoutError):
                pass
            self.repeated += 1
            await asyncio.sleep(0.02)
        raise AssertionError("unreachable")


async def _at(writers: Writers, share: float) -> None:
    while len(writers.acknowledged) < share * CHANGES:  # noqa: ASYNC110 - progress, not an event
        await asyncio.sleep(0.01)


async def _faults(writers: Writers, processes: list[Web], redis: Redis) -> None:
    await _at(writers, 0.15)
    await processes[0].kill()
    await processes[0].start()
    await _at(writers, 0.45)
    await asyncio.to_thread(redis.kill)
    await asyncio.sleep(1)
    await asyncio.to_thread(redis.start)
    await _at(writers, 0.75)
    await processes[1].kill()
    await processes[1].start()


@pytest.fixture
def redis(tmp_path: Path):
    server = Redis(tmp_path)
    yield server
    server.stop()


async def test_killed_processes_and_a_killed_redis_lose_double_and_reorder_nothing(
    fresh_database_url: str, redis: Redis, tmp_path: Path
):
    environment = {
        "APP_ENV": "test",
        "DATABASE_URL": fresh_database_url,
        "REDIS_URL": address(tmp_path),
        "VAR_DIR": str(tmp_path),
        "RATE_LIMITS": "off",
        "LOG_LEVEL": "WARNING",
        "REPLAY_MAX_EVENTS": str(CHANGES),  # however long a process needs to be back, its client is not reset
        "REPLAY_MAX_BYTES": "10000000",
    }
    timeout = aiohttp.ClientTimeout(total=10)
    async with webs(3, environment, tmp_path) as processes, aiohttp.ClientSession(timeout=timeout) as session:
        token, board = await _project(session, processes[2].url)
        clients = [Client(web.url, token, board["room"], board["epoch"], board["seq"]) for web in processes]
        listening = [asyncio.create_task(client.run()) for client in clients]
        writers = Writers(session, processes, token, board["project"]["id"])
        async with asyncio.timeout(240):
            await asyncio.gather(*(writers.write(n) for n in range(WRITERS)), _faults(writers, processes, redis))
            sql = in_database(fresh_database_url)
            log = await _log(sql, board)
            await asyncio.gather(*(client.reached(log[-1][0]) for client in clients))
            await until(lambda: _hears_all(clients[2]))
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)

    assert [seq for seq, _ in log] == list(range(board["seq"] + 1, board["seq"] + CHANGES + 1))
    for client in clients:
        assert client.broken == []
        assert client.received == log
    assert len(writers.acknowledged) == CHANGES
    assert await _tasks(sql) == {title: uuid.UUID(id) for title, id in writers.acknowledged.items()}
    assert writers.repeated > 0  # the faults were felt
    assert [client.connections > 1 for client in clients] == [True, True, False]


async def _hears_all(client: Client) -> bool:
    """Whether it was told that Redis was away, and that it is back."""
    return client.degraded[-2:] == [True, False]


async def _project(session: aiohttp.ClientSession, url: str) -> tuple[str, dict[str, Any]]:
    """An owner's token, and the board of a new project as it is loaded before a client joins."""
    person = {"email": "ann@example.com", "password": "correct horse battery", "name": "Ann", "team_name": "Team"}
    async with session.post(f"{url}/api/auth/register", json=person) as answer:
        assert answer.status == 201, await answer.text()
        token = (await answer.json())["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    async with session.post(f"{url}/api/projects", json={"name": "Brand film"}, headers=headers) as answer:
        assert answer.status == 201, await answer.text()
        project = await answer.json()
    async with session.get(f"{url}/api/projects/{project['id']}/board", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return token, await answer.json()


async def _log(sql: Callable[..., Any], board: dict[str, Any]) -> list[tuple[int, str]]:
    rows = await sql(
        "SELECT seq, event_id FROM stream_entry WHERE room = $1 AND seq > $2 ORDER BY seq", board["room"], board["seq"]
    )
    return [(row["seq"], str(row["event_id"])) for row in rows]


async def _tasks(sql: Callable[..., Any]) -> dict[str, uuid.UUID]:
    """Title → id; a title that is there twice fails."""
    rows = await sql("SELECT title, id FROM task")
    found = {row["title"]: row["id"] for row in rows}
    assert len(found) == len(rows)
    return found
