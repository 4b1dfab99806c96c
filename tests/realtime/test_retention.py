"""Clients that leave and come back while their room's log is being shortened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from tests.helpers.databases import in_database
from tests.helpers.processes import until
from tests.realtime.conftest import Listen, Process
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone

KEEP = 30
DONE = "SELECT (result->>'entries')::int AS n FROM job WHERE id = $1 AND state = 'done'"
# When no job is left: the worker's clock starts one by itself each hour.
REMOVED = """
SELECT sum((result->>'entries')::int) FROM job WHERE kind = 'trim_rooms' HAVING bool_and(state = 'done')
"""
Sql = Callable[..., Awaitable[list[Any]]]
Seen = Callable[[], bool]


class Replayer:
    """Leaves the room and comes back by the contract's rule; `broken` is what a promise that holds never shows."""

    def __init__(self, listener: Listener, room: str) -> None:
        self.listener, self.room = listener, room
        self.seq, self.epoch = -1, ""
        self.took: dict[int, str] = {}
        self.broken: list[str] = []
        self.bridged = self.resets = 0
        self._read = 0

    async def begin(self) -> None:
        """Anew, whatever the connection has heard of the room since it stands."""
        await self.listener.ask("leave", room=self.room)
        self._read = len(self.listener.got)
        await self.come_back()

    async def come_back(self) -> None:
        said = {} if self.seq < 0 else {"after": self.seq, "epoch": self.epoch}
        await self.listener.join(self.room, **said)
        self.take()
        if self.seq < 0:
            await self.come_back()  # a reset: here the head that a join without `after` names stands for the snapshot

    async def leave(self) -> None:
        await self.listener.ask("leave", room=self.room)
        self.take()

    def take(self) -> None:
        """Go through what has arrived since, in the order of its arrival."""
        for name, payload in self.listener.got[self._read :]:
            if name == "ack join":
                self._answer(payload)
            elif name == "note.made":
                self._event(payload)
            elif name == "room.reset":
                self.resets, self.seq = self.resets + 1, -1
        self._read = len(self.listener.got)

    def _answer(self, answer: dict[str, Any]) -> None:
        if answer["reset"]:
            self.resets, self.seq = self.resets + 1, -1
            return
        self.bridged += bool(answer["events"])
        self.seq, self.epoch = max(self.seq, 0) if answer["events"] else answer["seq"], answer["epoch"]
        for event in answer["events"]:
            self._event(event)
        if self.seq != answer["seq"]:
            self.broken.append(f"the answer says {answer['seq']}, its events end at {self.seq}")

    def _event(self, event: dict[str, Any]) -> None:
        if self.seq < 0 or event["seq"] != self.seq + 1:
            self.broken.append(f"{event['seq']} came after {self.seq}")
        self.seq = event["seq"]
        self.took[self.seq] = event["detail"]["text"]


@pytest.fixture
def sql(fresh_database_url: str) -> Sql:
    return in_database(fresh_database_url)


async def test_a_client_that_replays_while_its_log_is_shortened_gets_all_of_it_or_a_reset(
    ann: Someone,
    sql: Sql,
    fresh_database_url: str,
    listen: Listen,
    another_process: Callable[..., Any],
    background: Callable[..., Awaitable[Any]],
):
    keeps = {"ROOM_KEEP_SECONDS": "0", "ROOM_KEEP_EVENTS": str(KEEP)}
    await background("tasks.worker", DATABASE_URL=fresh_database_url, **keeps)
    async with another_process(DATABASE_URL=fresh_database_url) as process, asyncio.timeout(60):
        there = [Replayer(await listen(ann.colleague(str(n)), at=process.url), ann.team) for n in range(6)]
        quick, late = there[:3], there[3:5]
        written: dict[int, str] = {}
        removed: list[int] = []

        def seen() -> bool:
            """Whether the fault was: gaps bridged and gaps lost, while the log was shortened again and again."""
            return all(r.bridged for r in quick) and all(r.resets for r in late) and len(removed) > 3

        for replayer in there:
            await replayer.begin()
        await asyncio.gather(
            *(_write_until(seen, process, ann, written, name) for name in "ab"),
            _shorten_until(seen, sql, removed),
            *(_leave_and_come_back_until(seen, replayer) for replayer in quick),
            *(_leave_and_come_back_until(seen, replayer, sql) for replayer in late),
        )
        [last] = await process.write(ann, "the last")
        written[last] = "the last"
        for replayer in there:
            await replayer.leave()
            await replayer.come_back()

    assert sorted(written) == list(range(1, last + 1))
    for replayer in there:
        assert replayer.broken == []
        assert replayer.took.items() <= written.items()
        assert replayer.seq == last
    await _only_the_log_is_shorter(sql, ann.team, last)


async def _write_until(seen: Seen, process: Process, who: Someone, written: dict[int, str], name: str) -> None:
    while not seen():
        texts = [f"{name} {part}" for part in range(len(written), len(written) + 5)]
        written.update(zip(await process.write(who, *texts), texts, strict=True))


async def _leave_and_come_back_until(seen: Seen, replayer: Replayer, sql: Sql | None = None) -> None:
    """With `sql`, it comes back only when the log has been shortened beyond what it knows."""
    while not seen():
        await replayer.leave()
        if sql:
            await until(partial(_overtaken, seen, replayer, sql))
        await replayer.come_back()
        await asyncio.sleep(0.01)


async def _overtaken(seen: Seen, replayer: Replayer, sql: Sql) -> bool:
    [stream] = await sql("SELECT floor FROM stream WHERE room = $1", replayer.room)
    return seen() or stream["floor"] > replayer.seq


async def _shorten_until(seen: Seen, sql: Sql, removed: list[int]) -> None:
    """Run the job again and again; `removed` is how many entries each of them removed that found any."""
    while not seen():
        [job] = await sql("INSERT INTO job (id, kind) VALUES (gen_random_uuid(), 'trim_rooms') RETURNING id")
        [found] = await until(partial(sql, DONE, job["id"]))
        removed.extend([found["n"]] if found["n"] else [])


async def _only_the_log_is_shorter(sql: Sql, room: str, last: int) -> None:
    [(removed,)] = await until(lambda: sql(REMOVED))
    [stream] = await sql("SELECT head, floor FROM stream WHERE room = $1", room)
    kept = [row["seq"] for row in await sql("SELECT seq FROM stream_entry WHERE room = $1 ORDER BY seq", room)]
    [facts] = await sql("SELECT count(*) AS n FROM event WHERE type = 'note.made'")
    assert (stream["head"], stream["floor"], facts["n"]) == (last, removed, last)
    assert kept == list(range(removed + 1, last + 1))
    assert len(kept) >= KEEP


async def test_a_process_that_looked_away_for_longer_than_the_log_keeps_tells_its_clients_to_begin_anew(
    ann: Someone, sql: Sql, fresh_database_url: str, listen: Listen, another_process: Callable[..., Any]
):
    never = {"REDIS_URL": "", "ROOM_POLL_SECONDS": "600", "ROOM_POLL_DEGRADED_SECONDS": "600"}
    async with (
        another_process(DATABASE_URL=fresh_database_url, **never) as away,
        another_process(DATABASE_URL=fresh_database_url) as process,
    ):
        listener = await listen(ann, at=away.url)
        await process.write(ann, *map(str, range(1, 11)))
        await sql("DELETE FROM stream_entry WHERE room = $1 AND seq <= 8", ann.team)
        await sql("UPDATE stream SET floor = 8 WHERE room = $1", ann.team)
        await away.hint(ann.team)
        assert await listener.heard("room.reset") == {"room": ann.team, "code": "log_trimmed"}
        assert (await listener.join(ann.team, after=0))["reset"] is True
        assert [event["seq"] for event in (await listener.join(ann.team, after=8))["events"]] == [9, 10]
        await away.write(ann, "live")
        await listener.up_to(ann.team, 11)
        assert listener.seqs(ann.team) == [11]
