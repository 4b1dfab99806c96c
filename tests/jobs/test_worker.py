"""Jobs done by real workers, some of which are killed."""

from __future__ import annotations

import asyncio
import signal

from tests.helpers.patience import PATIENCE_SECONDS, SLOW
from tests.helpers.processes import until
from tests.jobs.conftest import SHORT_LEASE, Jobs, Start


async def test_a_job_is_done_once_and_keeps_its_result(jobs: Jobs, worker: Start) -> None:
    await worker()
    id, mark = await jobs.ask("test.effect")
    row = await jobs.reached(id, "done")
    assert (row["attempt"], row["progress"], row["last_error"], row["lease_until"]) == (1, 100, None, None)
    assert row["result"] == f'{{"mark": "{mark}"}}'
    assert await jobs.effects(mark) == 1


async def test_a_killed_workers_job_is_reclaimed_and_has_its_effect_once(jobs: Jobs, worker: Start) -> None:
    first = await worker(**SHORT_LEASE)
    id, mark = await jobs.ask("test.slow_at_first", seconds=60)
    await jobs.reached(id, "running")
    await first.kill()
    await worker()
    row = await jobs.reached(id, "done")
    assert row["attempt"] == 2
    assert await jobs.effects(mark) == 1


async def test_a_job_that_kills_its_worker_dies_after_its_attempts(jobs: Jobs, worker: Start) -> None:
    id, _ = await jobs.ask("test.poison", max_attempts=2)
    for attempt in (1, 2):
        doomed = await worker(**SHORT_LEASE)
        await asyncio.wait_for(doomed.child.wait(), PATIENCE_SECONDS)
        assert (await jobs.row(id))["attempt"] == attempt
    await worker(**SHORT_LEASE)
    row = await jobs.reached(id, "dead")
    assert (row["attempt"], row["last_error"]) == (2, "The worker stopped answering during attempt 2.")


async def test_a_failing_job_is_tried_again_later_and_then_is_dead(jobs: Jobs, worker: Start) -> None:
    await worker()
    id, mark = await jobs.ask("test.fails", max_attempts=2)

    async def failed_once() -> bool:
        row = await jobs.row(id)
        return row["state"] == "queued" and row["attempt"] == 1

    await until(failed_once)
    row = await jobs.row(id)
    assert row["run_at"] > row["updated_at"], "the next try comes later"
    assert row["last_error"] == "the paper is jammed"
    row = await jobs.reached(id, "dead")
    assert row["attempt"] == 2
    assert await jobs.effects(mark) == 0, "a failed attempt leaves nothing"


async def test_what_cannot_be_helped_is_dead_at_once(jobs: Jobs, worker: Start) -> None:
    await worker()
    id, _ = await jobs.ask("test.hopeless")
    row = await jobs.reached(id, "dead")
    assert (row["attempt"], row["last_error"]) == (1, "there is no paper")


async def test_a_worker_whose_lease_ran_out_has_no_effect_any_more(jobs: Jobs, worker: Start) -> None:
    """The first worker stands still past its lease; the second does the job; the first one's commit is refused."""
    first = await worker(**SHORT_LEASE)
    id, mark = await jobs.ask("test.stubborn", seconds=8)
    await jobs.reached(id, "running")
    first.child.send_signal(signal.SIGSTOP)
    try:
        await worker()
        row = await jobs.reached(id, "done")
    finally:
        first.child.send_signal(signal.SIGCONT)
    assert row["attempt"] == 2
    await until(lambda: _said(first, "attempt 1: lost"))
    assert await jobs.effects(mark) == 1


async def _said(process, words: str) -> bool:
    return words in process.said()


async def test_an_unknown_kind_waits_for_code_that_knows_it(jobs: Jobs, worker: Start) -> None:
    await worker()
    unknown, _ = await jobs.ask("test.from_the_future")
    known, _ = await jobs.ask("test.effect")
    await jobs.reached(known, "done")
    row = await jobs.row(unknown)
    assert (row["state"], row["attempt"]) == ("queued", 0)


async def test_sigterm_gives_unfinished_jobs_back_within_five_seconds(jobs: Jobs, worker: Start) -> None:
    leaving = await worker(JOB_LEASE_SECONDS="600")
    id, mark = await jobs.ask("test.effect", seconds=60)
    await jobs.reached(id, "running")
    assert await leaving.stop() < 5 * SLOW
    row = await jobs.row(id)
    assert (row["state"], row["attempt"], row["worker"]) == ("queued", 0, None)
    assert leaving.child.returncode == 0
    assert await jobs.effects(mark) == 0


async def test_a_job_asked_for_twice_under_one_dedupe_key_is_one(jobs: Jobs) -> None:
    from server.core.jobs import enqueue
    from server.core.system import system_unit

    async with system_unit():
        first = await enqueue("test.effect", {"mark": "x"}, dedupe="the same")
        second = await enqueue("test.effect", {"mark": "x"}, dedupe="the same")
    assert first is not None
    assert second is None
