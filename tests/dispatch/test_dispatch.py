"""Facts handed to followers: once, in order, again after trouble, and by any number of dispatchers."""

from __future__ import annotations

import asyncio

from tests.dispatch.conftest import Log, Start
from tests.helpers.patience import SLOW
from tests.helpers.processes import until


async def test_three_dispatchers_hand_over_each_fact_once_and_in_order(log: Log, dispatcher: Start) -> None:
    for _ in range(3):
        await dispatcher()
    written = [await log.write() for _ in range(120)]
    await log.delivered(written[-1])
    trail = [row for row in await log.trail() if row["event_id"] in set(written)]
    assert [row["event_id"] for row in trail] == written
    assert [row["seq"] for row in await log.trail()] == list(range(1, len(await log.trail()) + 1))


async def test_a_dispatcher_killed_in_the_middle_loses_and_doubles_nothing(log: Log, dispatcher: Start) -> None:
    written = [await log.write() for _ in range(150)]
    first = await dispatcher()
    await log.delivered(written[0])
    await first.kill()
    await dispatcher()
    await log.delivered(written[-1])
    trail = [row["event_id"] for row in await log.trail()]
    assert [id for id in trail if id in set(written)] == written


async def test_what_a_follower_cannot_take_is_tried_again_later_and_ends_dead(log: Log, dispatcher: Start) -> None:
    await dispatcher()
    event_id = await log.write("notify", "task.from_the_future")

    async def failed() -> bool:
        return (await log.delivery(event_id))["attempt"] >= 1

    await until(failed)
    row = await log.delivery(event_id)
    assert (row["state"], row["last_error"]) == ("queued", "KeyError: 'task.from_the_future'")
    await log.sql("UPDATE delivery SET attempt = 11, run_at = now() WHERE id = $1", row["id"])
    row = await log.delivered(event_id, "dead")
    assert row["attempt"] == 12


async def test_a_fact_in_the_way_holds_back_those_after_it_in_an_ordered_trail(log: Log, dispatcher: Start) -> None:
    """A fact whose actor has no id cannot be written down; what follows it waits, what came before does not."""
    before, broken, after = [await log.write() for _ in range(3)]
    await log.sql("UPDATE event SET actor = '{}' WHERE id = $1", broken)
    await dispatcher()
    await log.delivered(before)

    async def failed() -> bool:
        return (await log.delivery(broken))["attempt"] >= 1

    await until(failed)
    assert (await log.delivery(after))["state"] == "queued"
    await log.sql("UPDATE delivery SET attempt = 11, run_at = now() WHERE event_id = $1", broken)
    await log.delivered(broken, "dead")
    await log.delivered(after)
    trail = [row["event_id"] for row in await log.trail()]
    assert [id for id in trail if id in (before, broken, after)] == [before, after]


async def test_a_dispatcher_stops_on_sigterm(log: Log, dispatcher: Start) -> None:
    process = await dispatcher()
    await log.delivered(await log.write())
    assert await process.stop() < 5 * SLOW
    assert process.child.returncode == 0
    await asyncio.sleep(0)
