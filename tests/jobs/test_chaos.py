"""Workers killed and Redis emptied at random while jobs run: none is lost, none has its effect twice."""

from __future__ import annotations

import asyncio
import random
from uuid import uuid4

from redis.asyncio import Redis

from server.config import Settings
from server.core.jobs import enqueue
from server.core.system import system_unit
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.processes import Process, until
from tests.jobs.conftest import SHORT_LEASE, Jobs, Start

JOBS, KILLS = 100, 4


async def test_no_job_is_lost_or_done_twice_whoever_is_killed(config: Settings, jobs: Jobs, worker: Start) -> None:
    chance = random.Random(20261121)
    run = uuid4().hex[:8]
    workers = [await worker(**SHORT_LEASE) for _ in range(2)]
    asking = asyncio.create_task(ask(run, chance))
    async with Redis.from_url(config.redis_url) as redis:
        for _ in range(KILLS):
            victim = await at_work(jobs, run, workers)
            await victim.kill()
            await redis.flushdb()
            workers[workers.index(victim)] = await worker(**SHORT_LEASE)
    await asking

    async def ended() -> bool:
        rows = await jobs.sql(
            "SELECT count(*) AS n FROM job WHERE args->>'mark' LIKE $1 AND state = 'done'", f"{run}-%"
        )
        return rows[0]["n"] == JOBS

    await until(ended, 2 * PATIENCE_SECONDS)
    rows = await jobs.sql(
        "SELECT recipient, count(*) AS n FROM dev_mail WHERE recipient LIKE $1 GROUP BY 1", f"{run}-%"
    )
    assert {row["recipient"]: row["n"] for row in rows} == {f"{run}-{n}": 1 for n in range(JOBS)}
    again = await jobs.sql("SELECT 1 FROM job WHERE args->>'mark' LIKE $1 AND attempt > 1", f"{run}-%")
    assert again, "the kills have hit running jobs"


async def at_work(jobs: Jobs, run: str, workers: list[Process]) -> Process:
    """A worker that is in the middle of a job."""
    sql = "SELECT worker FROM job WHERE args->>'mark' LIKE $1 AND state = 'running' ORDER BY started_at DESC"
    alive = {str(process.child.pid): process for process in workers}

    async def look() -> Process | None:
        names = [row["worker"].split(":")[1] for row in await jobs.sql(sql, f"{run}-%")]
        return next((alive[pid] for pid in names if pid in alive), None)

    found = await until(look)
    assert found is not None
    return found


async def ask(run: str, chance: random.Random) -> None:
    for n in range(JOBS):
        args = {"mark": f"{run}-{n}", "seconds": chance.uniform(0, 0.8)}
        async with system_unit():
            await enqueue("test.effect", args, max_attempts=30)
        await asyncio.sleep(chance.uniform(0, 0.15))
