"""Runs the jobs of one worker process: a few at a time per queue, each with a heartbeat, each ended with its fence."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal
from uuid import UUID

import asyncpg
from pydantic import ValidationError
from structlog.contextvars import bound_contextvars

from models.db import connection, to_json
from models.errors import Unavailable
from models.jobs import Job
from realtime.bus import Bus
from server.core.system import system_unit
from tasks import ledger, metrics
from tasks.context import JobContext
from tasks.registry import Permanent, kinds
from tasks.signals import progress

# How many jobs of each queue one process runs at once.
SLOTS: Mapping[str, int] = {"fast": 8, "mail": 4, "webhook": 4, "bulk": 2, "pdf": 1, "media": 1}
PROGRESS_SECONDS = 0.25
DATABASE_TROUBLE = (Unavailable, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)
Why = Literal["", "cancelled", "lost", "stopping"]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Lane:
    """A queue's slots. `rung` says that something became due since somebody last looked."""

    queue: str
    slots: int
    busy: int = 0
    rung: bool = False


@dataclass(slots=True)
class Running:
    """A job at work in this process, and why it is being stopped, if it is."""

    job: Job
    work: asyncio.Task[object]
    why: Why = ""

    def stop(self, why: Why) -> None:
        if not self.why and not self.work.done():
            self.why = why
            self.work.cancel()


@dataclass(slots=True)
class Runner:
    """All lanes of one process."""

    lease: timedelta
    bus: Bus
    name: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}")
    claims: Iterator[int] = field(default_factory=itertools.count)
    lanes: dict[str, Lane] = field(default_factory=lambda: {q: Lane(q, n) for q, n in SLOTS.items()})
    running: dict[UUID, Running] = field(default_factory=dict)
    drains: set[asyncio.Task[None]] = field(default_factory=set)
    stopping: bool = False

    def ring(self, queue: str, job_id: UUID | None = None) -> None:
        """Something is due in the queue (this job, if it is named): run it now, or as a slot becomes free."""
        lane = self.lanes.get(queue)
        if lane is None or self.stopping:
            return
        lane.rung = True
        if lane.busy < lane.slots:
            lane.busy += 1
            drain = asyncio.create_task(self._drain(lane, job_id))
            self.drains.add(drain)
            drain.add_done_callback(self.drains.discard)

    async def _drain(self, lane: Lane, job_id: UUID | None) -> None:
        """Run the named job, then whatever is due, until nothing is."""
        try:
            while not self.stopping:
                lane.rung = False
                async with system_unit():
                    claim = f"{self.name}:{next(self.claims)}"
                    job = await ledger.claim(claim, lane.queue, self.lease, job_id)
                if job is not None:
                    with bound_contextvars(job_id=str(job.id), request_id=job.request_id):
                        await self._run(job)
                elif job_id is None and not lane.rung:
                    return
                job_id = None
        except DATABASE_TROUBLE as error:
            log.warning("jobs wait for the database: %s", error)
        finally:
            lane.busy -= 1

    async def _run(self, job: Job) -> None:
        context, began = JobContext(job, kinds[job.kind]), time.monotonic()
        running = Running(job, asyncio.create_task(self._attempt(context), name=f"{job.kind} {job.id}"))
        self.running[job.id] = running
        heart = asyncio.create_task(self._heart(context, running))
        self._signal(context, "running")
        try:
            await asyncio.wait({running.work})
        finally:
            heart.cancel()
            await asyncio.gather(heart, return_exceptions=True)
            if running.why != "stopping":
                outcome = await self._end(context, running) or "lost"
                self.running.pop(job.id, None)
                metrics.JOBS.labels(job.kind, outcome).inc()
                metrics.JOB_SECONDS.labels(job.kind).observe(time.monotonic() - began)

    async def _attempt(self, context: JobContext) -> None:
        kind = context.kind
        try:
            args = kind.args.model_validate(context.job.args)
        except ValidationError as error:
            raise Permanent(f"These arguments do not fit {kind.name}: {error}") from error
        found = await kind.handler(context, args)
        if context.result is None:
            context.result = found
        to_json(context.result)  # a result that is no JSON is this attempt's failure, not the runner's

    async def _heart(self, context: JobContext, running: Running) -> None:
        """Keep the lease and carry the progress out; stop the work when the lease is lost."""
        alive, beat_seconds = time.monotonic(), self.lease.total_seconds() / 3
        while True:
            moved = await _within(context.moved, beat_seconds)
            context.moved.clear()
            try:
                async with system_unit():
                    await ledger.beat(context.job, self.lease, context.percent, context.step)
                alive = time.monotonic()
            except ledger.LeaseLost:
                return running.stop("lost")
            except DATABASE_TROUBLE as error:
                log.warning("job %s could not renew its lease: %s", context.job.id, error)
                if time.monotonic() - alive > self.lease.total_seconds():
                    return running.stop("lost")
            if moved:
                self._signal(context, "running")
            await asyncio.sleep(PROGRESS_SECONDS)

    async def _end(self, context: JobContext, running: Running) -> str | None:
        """Write down how the attempt ended; tried again while the database is away, since the work is done."""
        deadline = time.monotonic() + self.lease.total_seconds()
        while True:
            try:
                async with system_unit(request_id=context.job.request_id):
                    state = await self._outcome(context, running)
                break
            except ledger.LeaseLost:
                state = None
                break
            except DATABASE_TROUBLE as error:
                if time.monotonic() > deadline:
                    return None
                log.warning("job %s could not be ended yet: %s", context.job.id, error)
                await asyncio.sleep(0.5)
        log.info("job %s %s attempt %d: %s", context.job.kind, context.job.id, context.job.attempt, state or "lost")
        if state is not None:
            self._signal(context, state)
        return state

    def _signal(self, context: JobContext, state: str) -> None:
        if not context.kind.quiet:
            progress(self.bus, context.job, state, 100 if state == "done" else context.percent, context.step)

    async def _outcome(self, context: JobContext, running: Running) -> str | None:
        job, work = context.job, running.work
        if context.finished:
            return "done"
        if running.why == "lost":
            return None
        if work.cancelled():
            if running.why == "cancelled":
                return await ledger.cancelled(job, context.kind)
            return await ledger.fail(job, "The work was cut short.")
        error = work.exception()
        if error is None:
            await ledger.finish(job, context.kind, context.result)
            return "done"
        if isinstance(error, ledger.LeaseLost):
            return None
        permanent = isinstance(error, Permanent)
        if not permanent:
            log.warning("job %s %s failed", job.kind, job.id, exc_info=error)
        return await ledger.fail(job, str(error) or type(error).__name__, permanent=permanent)

    async def obey_cancellations(self) -> None:
        """Stop the jobs whose cancellation was asked for."""
        if not self.running:
            return
        async with system_unit(read_only=True):
            asked = "SELECT id FROM job WHERE id = ANY($1) AND state = 'running' AND cancel_requested"
            rows = await connection().fetch(asked, list(self.running))
        for row in rows:
            if (running := self.running.get(row["id"])) is not None:
                running.stop("cancelled")

    async def stop(self, grace: float) -> None:
        """Take nothing new, let what runs end within the grace, and give the rest back to other workers."""
        self.stopping = True
        if self.drains:
            await asyncio.wait(self.drains, timeout=grace)
        left = list(self.running.values())
        for running in left:
            running.stop("stopping")
        if self.drains:
            await asyncio.wait(self.drains, timeout=1)
        unfinished = [r.job for r in left if r.why == "stopping"]
        if unfinished:
            async with system_unit():
                await ledger.give_back(unfinished)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True
