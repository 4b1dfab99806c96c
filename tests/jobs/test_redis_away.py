"""Without Redis the bell is silent, and jobs run all the same."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

from server.run.redis import embedded_redis
from tests.helpers.patience import SLOW
from tests.jobs.conftest import Jobs, Start


async def test_jobs_run_within_seconds_where_no_redis_answers(jobs: Jobs, worker: Start) -> None:
    process = await worker(REDIS_URL="redis://127.0.0.1:1/0", SWEEP_SECONDS="1")
    id, mark = await jobs.ask("test.effect")
    await jobs.reached(id, "done")
    id, mark = await jobs.ask("test.effect")
    await jobs.reached(id, "done", 3 * SLOW)
    assert await jobs.effects(mark) == 1
    assert await process.stop() < 5 * SLOW


async def test_a_redis_that_dies_and_comes_back_cuts_no_running_job(jobs: Jobs, worker: Start, tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as away:
        process = await worker(REDIS_URL=away)
        long_id, long_mark = await jobs.ask("test.effect", seconds=3)
        await jobs.reached(long_id, "running")
    short_id, short_mark = await jobs.ask("test.effect")
    await jobs.reached(short_id, "done")
    row = await jobs.reached(long_id, "done")
    assert row["attempt"] == 1
    assert (await jobs.effects(long_mark), await jobs.effects(short_mark)) == (1, 1)
    assert process.child.returncode is None


async def test_the_bell_starts_a_job_before_anyone_looks(jobs: Jobs, worker: Start) -> None:
    """With a sweeper that looks every ten minutes, only the bell can have started it."""
    await worker(SWEEP_SECONDS="600")
    warm, _ = await jobs.ask("test.effect")
    await jobs.reached(warm, "done")
    id, _ = await jobs.ask("test.effect", mark=uuid4().hex)
    await jobs.reached(id, "done")
