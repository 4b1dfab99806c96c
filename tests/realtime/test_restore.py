"""A database restored to an earlier state under living processes: each client starts again, once and unmixed."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import backups
from tests.helpers.databases import in_database
from tests.helpers.processes import until
from tests.realtime.conftest import Listen
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone

NOWHERE = "redis://127.0.0.1:1/0"
Sql = Callable[..., Awaitable[list[Any]]]


@pytest.fixture
def sql(fresh_database_url: str) -> Sql:
    return in_database(fresh_database_url)


@pytest.fixture
def a_process(fresh_database_url: str, another_process: Callable[..., Any]) -> Callable[..., Any]:
    """`async with a_process(…) as process`: on this test's own database."""
    return lambda **environment: another_process(DATABASE_URL=fresh_database_url, **environment)


class Story:
    """Five notes that a backup has and five that it does not, heard by clients of two processes."""

    def __init__(self, ann: Someone, url: str, file: Path, here: Any, there: Any) -> None:
        self.ann, self.url, self.file = ann, url, file
        self.here, self.there = here, there
        self.epoch = ""

    async def tell(self, listen: Listen) -> list[Listener]:
        ears = [await listen(self.ann.colleague(n), at=p.url) for n, p in (("Bob", self.here), ("Carl", self.there))]
        self.epoch = ears[0].all("ready")[0]["rooms"][self.ann.team]["epoch"]
        await self.here.write(self.ann, *(f"kept {n}" for n in range(5)))
        await backups.back_up(self.url, self.file)
        await self.here.write(self.ann, *(f"lost {n}" for n in range(5)))
        for ear in ears:
            await ear.up_to(self.ann.team, 10)
        return ears

    async def again(self, ear: Listener, head: int) -> None:
        """What the client is told, and what its joins are answered until it has the present epoch."""
        await until(lambda: _is_reset(ear, self.ann.team))
        assert ear.seqs(self.ann.team) == list(range(1, 11))  # nothing of the new log came under the old numbers
        for after in (3, 10):
            answer = await ear.join(self.ann.team, after=after, epoch=self.epoch)
            assert (answer["reset"], answer["events"]) == (True, [])
        answer = await ear.join(self.ann.team, after=5, epoch=answer["epoch"])
        assert (answer["reset"], answer["seq"]) == (False, head)
        assert answer["epoch"] != self.epoch
        assert [event["detail"]["text"] for event in answer["events"]] == [f"new {n}" for n in range(head - 5)]

    async def goes_on(self, ears: list[Listener]) -> None:
        [seq] = await self.there.write(self.ann, "goes on")
        for ear in ears:
            await ear.heard("note.made", 11)
            assert ear.seqs(self.ann.team) == [*range(1, 11), seq]
            await asyncio.sleep(1.2)  # one more look at the log
            assert [r["room"] for r in ear.all("room.reset")].count(self.ann.team) == 1


async def _is_reset(ear: Listener, room: str) -> bool:
    return {"room": room, "code": "log_replaced"} in ear.all("room.reset")


async def test_restored_as_the_runbook_says(
    ann: Someone, listen: Listen, a_process: Callable[..., Any], fresh_database_url: str, tmp_path: Path
):
    """Even where nobody looks at the log: the first push of the new one says so, though its seq is the next."""
    async with a_process() as here, a_process(ROOM_POLL_SECONDS="600") as there:
        story = Story(ann, fresh_database_url, tmp_path / "backup", here, there)
        ears = await story.tell(listen)
        restored = await backups.restore(story.file, fresh_database_url)
        assert "rooms begin a new log" in await backups.migrate(restored)
        assert await backups.migrate(restored) == "database is up to date\n"
        await backups.swap(fresh_database_url, restored)
        await until(here.reaches_the_database)
        await here.write(ann, *(f"new {n}" for n in range(6)))
        for ear in ears:
            await story.again(ear, 11)
        await story.goes_on(ears)


async def test_restored_and_nobody_said_so(
    ann: Someone, listen: Listen, a_process: Callable[..., Any], fresh_database_url: str, tmp_path: Path
):
    async with a_process() as here, a_process() as there:
        story = Story(ann, fresh_database_url, tmp_path / "backup", here, there)
        ears = await story.tell(listen)
        await backups.swap(fresh_database_url, await backups.restore(story.file, fresh_database_url))
        for ear in ears:
            await story.again(ear, 5)
        await story.goes_on(ears)


async def test_restored_and_grown_beyond_what_a_process_has_seen(
    ann: Someone, listen: Listen, a_process: Callable[..., Any], fresh_database_url: str, tmp_path: Path
):
    """The process stands still meanwhile, hears no pushes, and finds a log that only looks as if it went on."""
    async with a_process() as here, a_process(REDIS_URL=NOWHERE) as there:
        story = Story(ann, fresh_database_url, tmp_path / "backup", here, there)
        [bob, carl] = await story.tell(listen)
        await bob.close()
        there.process.send_signal(signal.SIGSTOP)
        try:
            await backups.swap(fresh_database_url, await backups.restore(story.file, fresh_database_url))
            await until(here.reaches_the_database)
            assert (await here.write(ann, *(f"new {n}" for n in range(7))))[-1] == 12
        finally:
            there.process.send_signal(signal.SIGCONT)
        await story.again(carl, 12)
        await story.goes_on([carl])


async def test_the_command_resets_every_client_of_every_process_once(
    ann: Someone, listen: Listen, a_process: Callable[..., Any], fresh_database_url: str, sql: Sql
):
    async with a_process() as here, a_process(REDIS_URL=NOWHERE) as there:
        ears = [await listen(ann.colleague(n), at=p.url) for n in "ab" for p in (here, there)]
        epoch = ears[0].all("ready")[0]["rooms"][ann.team]["epoch"]
        await here.write(ann, "one", "two")
        [rooms] = await sql("SELECT count(*) AS n FROM stream")
        assert await backups.say_restored(fresh_database_url) == f"{rooms['n']} rooms begin a new log\n"
        for ear in ears:
            await until(lambda ear=ear: _is_reset(ear, ann.team))
            assert (await ear.join(ann.team, after=2, epoch=epoch))["reset"] is True
            assert (await ear.join(ann.team))["seq"] == 2
        await here.write(ann, "three")
        for ear in ears:
            await ear.up_to(ann.team, 3)
            assert ear.seqs(ann.team) == [1, 2, 3]
            assert [r["room"] for r in ear.all("room.reset")].count(ann.team) == 1
