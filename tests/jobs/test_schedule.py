"""Schedules: each occurrence becomes one job, and what was missed is caught up as the schedule says."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

import tasks.kinds  # noqa: F401  # declares the job that these schedules start
from models import clock
from server.core.system import system_unit
from tasks.schedule import CatchUp, Schedule, fire_due
from tests.helpers.processes import until
from tests.jobs.conftest import SHORT_LEASE, Jobs, Start

SECOND = timedelta(seconds=1)
# In one look: they go on meanwhile.
ASKED = """
SELECT (SELECT count(*) FROM cron_fire WHERE name = $1 AND job_id IS NOT NULL) AS fires,
       (SELECT count(DISTINCT id) FROM job WHERE kind = 'test.tick' AND dedupe LIKE $2) AS jobs
"""


@pytest.fixture(autouse=True)
def clock_is_put_back() -> Iterator[None]:
    yield
    clock.reset()


async def test_three_sweepers_fire_each_second_once_and_miss_none(jobs: Jobs, worker: Start) -> None:
    mark = uuid4().hex
    workers = [await worker(TICK=mark, **SHORT_LEASE) for _ in range(3)]

    async def fires() -> list[datetime]:
        rows = await jobs.sql("SELECT at FROM cron_fire WHERE name = $1 ORDER BY at", f"test.{mark}")
        return [row["at"] for row in rows]

    await until(lambda: _at_least(fires, 2))
    for process in workers:
        await process.kill()
    await asyncio.sleep(2)
    await worker(TICK=mark, **SHORT_LEASE)
    await until(lambda: _at_least(fires, 6))
    seen = await fires()
    assert seen == [seen[0] + SECOND * n for n in range(len(seen))], "no second is missing, none is there twice"
    expected = len(seen) - 1  # the first one only marks where counting begins

    async def effects() -> bool:
        return await jobs.effects(mark) >= expected

    await until(effects)
    [count] = await jobs.sql(ASKED, f"test.{mark}", f"test.{mark}@%")
    assert count["jobs"] == count["fires"]


async def _at_least(fires, count: int) -> bool:
    return len(await fires()) >= count


async def fire(one: Schedule) -> int:
    async with system_unit():
        return await fire_due([one])


def be_half_past() -> None:
    """No hour ends while a test runs."""
    clock.move(datetime.now().astimezone().replace(minute=30, second=0, microsecond=0) - clock.now())


@pytest.mark.parametrize(("policy", "jobs_after_three_hours"), [("all", 3), ("latest", 1), ("skip", 0)])
async def test_what_was_missed_is_caught_up_by_policy(url: str, policy: CatchUp, jobs_after_three_hours: int) -> None:
    one = Schedule(f"test.{uuid4().hex}", "0 * * * *", "forget", policy)
    be_half_past()
    assert await fire(one) == 0, "a new schedule begins with its next occurrence"
    assert await fire(one) == 0
    clock.move(timedelta(hours=3))
    assert await fire(one) == jobs_after_three_hours
    assert await fire(one) == 0
    clock.move(timedelta(minutes=30, seconds=10))
    assert await fire(one) == 1, "and punctual ones fire whatever the policy"


async def test_a_clock_that_goes_back_fires_nothing_twice(url: str) -> None:
    one = Schedule(f"test.{uuid4().hex}", "0 * * * *", "forget", "all")
    be_half_past()
    await fire(one)
    clock.move(timedelta(hours=2))
    assert await fire(one) == 2
    clock.move(timedelta(hours=-1))
    assert await fire(Schedule(one.name, one.cron, one.job, one.catch_up)) == 0
    clock.move(timedelta(hours=1))
    assert await fire(Schedule(one.name, one.cron, one.job, one.catch_up)) == 0


async def test_a_schedule_keeps_to_its_zones_clock_when_summer_time_begins(url: str) -> None:
    one = Schedule("test.zone", "30 9 * * *", "forget", "all", zone="Europe/Amsterdam")
    winter = datetime.fromisoformat("2026-03-28T12:00:00+00:00")
    occurrences = one.after(winter)
    assert [next(occurrences).isoformat() for _ in range(2)] == [
        "2026-03-29T07:30:00+00:00",
        "2026-03-30T07:30:00+00:00",
    ]
    assert one.before(winter).isoformat() == "2026-03-28T08:30:00+00:00"
