"""Redis cut off in every way: nothing is lost, it is said at once, and all is as before when it is back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import redis.asyncio

from models.ids import uuid7
from server.run.child import running
from server.run.redis import address, command, over_tcp, wait_ready
from tests.faults.wires import RedisWire
from tests.helpers.processes import until
from tests.realtime.conftest import Listen, Process, up
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone, someone

ONLY_HINTS = {"ROOM_POLL_SECONDS": "600", "ROOM_POLL_DEGRADED_SECONDS": "600", "BUS_RETRY_SECONDS": "0.2"}


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """`own_redis()` starts the server of this test's own, again after it was killed."""
    with ExitStack() as stack:

        def start() -> Any:
            server = stack.enter_context(running(lambda: command(tmp_path), tmp_path / "redis.lock"))
            wait_ready(tmp_path, lambda: server.poll() is None)
            return server

        yield start


async def _bus_up(process: Process) -> float:
    async with aiohttp.ClientSession() as session, session.get(f"{process.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith("mediaflow_bus_up"))


async def _is_well_again(listener: Listener) -> None:
    """Wait until the bus is, as far as the listener was told; on a busy machine it may be late once more."""
    while (told := listener.all("degraded"))[-1]["on"]:
        await listener.heard("degraded", len(told) + 1)
    assert [one["on"] for one in told] == [True, False] * (len(told) // 2)


async def _cut(admin: Any, count: int) -> bool:
    """Cut all subscriptions; whether there were so many."""
    return await admin.execute_command("CLIENT", "KILL", "TYPE", "pubsub") == count


async def test_only_the_subscriptions_are_cut(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], own_redis: Callable[[], Any], tmp_path: Path
):
    own_redis()
    at = {"REDIS_URL": address(tmp_path), **ONLY_HINTS}
    admin = redis.asyncio.Redis.from_url(address(tmp_path))
    async with another_process(**at) as here, another_process(**at) as there:
        watcher, listener = await up(here, ann, listen), await up(there, ann, listen)
        for n in range(1, 6):
            told = [(one, len(one.all("degraded"))) for one in (watcher, listener)]
            writing = asyncio.create_task(here.write(ann, f"around the cut {n}"))
            await until(lambda: _cut(admin, 2))
            await writing
            for one, before in told:
                await one.heard("degraded", before + 1)
                await _is_well_again(one)
        await here.write(ann, "after all of them")
        await listener.up_to(ann.team, 6)
        assert listener.seqs(ann.team) == list(range(1, 7))
    await admin.aclose()


@pytest.mark.parametrize("seconds", [0.5, 3])
async def test_redis_is_killed_and_what_it_missed_is_read_on_the_first_subscription(
    seconds: float, ann: Someone, listen: Listen, another_process: Callable[..., Any], own_redis: Callable[[], Any],
    tmp_path: Path,
):  # fmt: skip
    """The pace of the tries stays the same however long it was away: five a second here."""
    server = own_redis()
    async with another_process(REDIS_URL=address(tmp_path), **ONLY_HINTS) as process:
        listener = await up(process, ann, listen)
        server.kill()
        server.wait()
        assert await listener.heard("degraded") == {"on": True}
        assert await _bus_up(process) == 0
        written = 0

        async def nobody_looks() -> bool:
            """It looks once when Redis is lost, which may take its time; then every ten minutes here."""
            nonlocal written
            written += 1
            await ann.write(str(written))
            await asyncio.sleep(seconds)
            return written not in listener.seqs(ann.team)

        await until(nobody_looks)
        await ann.write("two", "three")
        own_redis()
        assert await listener.heard("degraded", 2) == {"on": False}
        await listener.up_to(ann.team, written + 2)
        assert await _bus_up(process) == 1


async def test_while_redis_is_dead_the_log_is_looked_at_more_often(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], own_redis: Callable[[], Any], tmp_path: Path
):
    server = own_redis()
    async with another_process(REDIS_URL=address(tmp_path), ROOM_POLL_SECONDS="600") as process:
        listener = await up(process, ann, listen)
        server.kill()
        server.wait()
        await listener.heard("degraded")
        await asyncio.gather(*(ann.write(str(n)) for n in range(20)))
        await listener.up_to(ann.team, 20)
        late = await listen(ann, at=process.url)
        assert await late.heard("degraded") == {"on": True}
        own_redis()
        for one in (listener, late):
            await _is_well_again(one)
        await process.write(ann, "after")
        await listener.up_to(ann.team, 21)
        assert listener.seqs(ann.team) == list(range(1, 22))


async def test_a_redis_that_stands_still_is_noticed(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], own_redis: Callable[[], Any], tmp_path: Path
):
    """Its connections stay open: only the word that does not come back tells."""
    server = own_redis()
    at = {"REDIS_URL": address(tmp_path), "ROOM_POLL_SECONDS": "600", "BUS_TICK_SECONDS": "0.3"}
    async with another_process(**at) as process:
        listener = await up(process, ann, listen)
        server.send_signal(signal.SIGSTOP)
        try:
            await ann.write("committed all the same")
            await process.write(ann, "here, too")
            assert (await listener.heard("degraded"))["on"] is True
            await listener.up_to(ann.team, 2)
        finally:
            server.send_signal(signal.SIGCONT)
        assert await listener.heard("degraded", 2) == {"on": False}
        assert listener.seqs(ann.team) == [1, 2]


async def test_a_room_is_looked_at_as_soon_as_its_subscription_stands(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], own_redis: Callable[[], Any], tmp_path: Path,
    sql: Callable[..., Any],
):  # fmt: skip
    """What is written before that is told to nobody; here its writer has no Redis to tell it by at all."""
    own_redis()
    team_id = uuid7()
    await sql("INSERT INTO team (id, name, slug) VALUES ($1, 'Other', $2)", team_id, str(team_id))
    zoe, wire = someone("Zoe", team_id), RedisWire(over_tcp(tmp_path))
    await wire.open()
    at = {"REDIS_URL": wire.url, "BUS_TICK_SECONDS": "600", **ONLY_HINTS}
    async with another_process(**at) as process, another_process(REDIS_URL="") as mute:
        await up(process, ann, listen)
        wire.freeze()
        listener = await listen(zoe, at=process.url)
        await mute.write(zoe, "told to nobody")
        wire.thaw()
        await listener.up_to(zoe.team, 1)
        assert listener.all("degraded") == []
    wire.close()


async def test_who_leaves_while_redis_is_away_is_gone_when_it_is_back(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], own_redis: Callable[[], Any], tmp_path: Path
):
    """The last of the room in their process; and for less than its lease, whose end would be that of all its people."""
    own_redis()
    bob, wire = ann.colleague("Bob"), RedisWire(over_tcp(tmp_path))
    await wire.open()

    async def are_seen(*people: Someone) -> bool:
        answer = await watcher.ask("presence", room=ann.team)
        return [one["name"] for one in answer.get("members", ())] == [one.actor.name for one in people]

    at = {"PRESENCE_LEASE_SECONDS": "20", **ONLY_HINTS}
    async with (
        another_process(REDIS_URL=address(tmp_path), **at) as here,
        another_process(REDIS_URL=wire.url, **at) as there,
    ):
        watcher, bobs = await up(here, ann, listen), await up(there, bob, listen)
        await until(lambda: are_seen(ann, bob))
        wire.freeze()
        await bobs.close()
        await asyncio.sleep(1)  # it is about to say so; if it is not yet, it will find Redis again
        wire.cut()
        wire.thaw()
        await until(lambda: are_seen(ann))
    wire.close()
