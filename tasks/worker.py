"""The worker: `python -m tasks.worker` runs jobs as bells ring, and looks for due ones each second without any."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

from taskiq.receiver import Receiver

import tasks.kinds  # noqa: F401  # declares the jobs and schedules
from realtime.bus import Bus
from server.config import Settings
from server.core.bell import TASK, BellBroker
from tasks import process
from tasks.paper import jobs as paper
from tasks.runner import Runner
from tasks.sweeper import sweep_for_ever

GRACE_SECONDS = 2.5


async def main(config: Settings, bus: Bus, stop: asyncio.Event) -> None:
    """Work until told to stop; then end within five seconds and give unfinished jobs back."""
    logging.getLogger("taskiq").setLevel("WARNING")  # a line for each bell is too much
    runner = Runner(timedelta(seconds=config.job_lease_seconds), bus)
    listener = asyncio.create_task(listen(config.redis_url, runner, stop))
    sweeper = asyncio.create_task(sweep_for_ever(runner, config.sweep_seconds))
    stopped = asyncio.create_task(stop.wait())
    ended, _ = await asyncio.wait({stopped, listener, sweeper}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    sweeper.cancel()
    await asyncio.gather(runner.stop(GRACE_SECONDS), listener, sweeper, return_exceptions=True)
    await paper.close()
    for task in ended:
        task.result()  # who ended by itself ended by a bug: say so, and let the supervisor start us anew


async def listen(redis_url: str, runner: Runner, stop: asyncio.Event) -> None:
    """Pass each bell on to the runner; a bell carries the job's id and which queue it is in."""
    doorbell = BellBroker(redis_url)

    async def ring(job_id: str, queue: str) -> None:
        runner.ring(queue, UUID(job_id))

    doorbell.register_task(ring, task_name=TASK)
    await Receiver(doorbell, max_async_tasks=16, run_startup=False, validate_params=False).listen(stop)
    await doorbell.shutdown()


if __name__ == "__main__":
    process.run("worker", main)
