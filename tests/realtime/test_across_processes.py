"""Several processes, one log: with Redis, without it, and with one that tells nonsense."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import redis.asyncio

from realtime import bus
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.processes import until
from tests.realtime.conftest import Listen, Subscribed
from tests.realtime.notes import Someone


async def test_each_process_hears_what_the_others_commit_in_order(
    ann: Someone, listen: Listen, another_process: Callable[..., Any]
):
    async with another_process() as process:
        here, there = await listen(ann), await listen(ann, at=process.url)
        await asyncio.gather(*(w for n in range(40) for w in (ann.write(str(n)), process.write(ann, str(n)))))
        for listener in (here, there):
            await listener.up_to(ann.team, 80)
            assert listener.seqs(ann.team) == list(range(1, 81))
        assert here.all("note.made") == there.all("note.made")


async def test_a_hint_saves_the_wait_for_the_next_look(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], subscribed: Subscribed
):
    async with another_process(ROOM_POLL_SECONDS="600") as process:
        listener = await listen(ann, at=process.url)
        await subscribed(ann.team, 1)
        await ann.write("told over Redis")
        await listener.up_to(ann.team, 1)


async def test_without_any_redis_the_log_is_looked_at(
    ann: Someone, listen: Listen, another_process: Callable[..., Any]
):
    nowhere = "redis://127.0.0.1:1/0"
    async with another_process(REDIS_URL=nowhere) as process:
        listener = await listen(ann, at=process.url)
        assert await listener.heard("degraded") == {"on": True}
        for n in range(1, 6):
            await ann.write(str(n))
            await listener.up_to(ann.team, n)
        await process.write(ann, "its own")
        await listener.up_to(ann.team, 6)
        assert listener.seqs(ann.team) == [1, 2, 3, 4, 5, 6]


async def test_lost_doubled_and_late_hints_change_nothing(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], redis_url: str, subscribed: Subscribed
):
    """The process hears only what the test publishes: entries doubled, out of order, and nonsense."""
    async with another_process() as process:
        writer, listener = await listen(ann), await listen(ann, at=process.url)
        await subscribed(ann.team, 2)
        recorder, where = redis.asyncio.Redis.from_url(redis_url, socket_timeout=None), bus.channel(ann.team)
        async with recorder.pubsub() as pubsub:
            await pubsub.subscribe(where)
            messages = await _recorded(pubsub, ann, 10)
        for message in [*reversed(messages), *messages, b"nonsense", b"e\nx\ny", messages[3]]:
            await recorder.publish(where, message)

        async def is_told() -> bool:
            await recorder.publish(where, bus.signal("a worker", "job.progress", {"progress": 50}))
            return {"progress": 50} in listener.all("job.progress")

        await until(is_told)
        [last] = await ann.write("the last")
        for one in (writer, listener):
            await one.up_to(ann.team, last)
        assert listener.seqs(ann.team) == list(range(1, last + 1))
        assert listener.all("note.made") == writer.all("note.made")
        await recorder.aclose()


async def _recorded(pubsub: Any, who: Someone, count: int) -> list[bytes]:
    """So many hints. The first notes' may be missing: a process tells a room once it knows that others listen."""
    told: list[bytes] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(told) < count:
            await who.write(*map(str, range(count)))
            while len(told) < count and (message := await pubsub.get_message(timeout=1)):
                told += [message["data"]] * (message["type"] == "message")
    return told


async def test_a_killed_process_costs_its_clients_nothing(
    ann: Someone, listen: Listen, another_process: Callable[..., Any]
):
    async with another_process() as process:
        listener = await listen(ann, at=process.url)
        await process.write(ann, "one")
        await listener.up_to(ann.team, 1)
        process.kill()
        await listener.heard("disconnect")
        await ann.write("two", "three")
        back = await listen(ann)
        answer = await back.join(ann.team, after=1)
        assert [e["seq"] for e in answer["events"]] == [2, 3]
