"""What a running job is given: its progress, and the transaction in which its effect and its end are one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from models.actors import Actor, system_actor
from models.jobs import Job
from server.core.system import system_unit
from server.core.unit import Unit, unit_of_work
from tasks import ledger
from tasks.registry import Kind


class JobContext:
    """One attempt at one job."""

    def __init__(self, job: Job, kind: Kind) -> None:
        self.job, self.kind = job, kind
        self.result: Any = None
        self.finished = False
        self.percent, self.step = 0, ""
        self.moved = asyncio.Event()

    @property
    def key(self) -> str:
        """The same for every attempt: idempotency key, Message-ID or object key for effects outside."""
        return f"job-{self.job.id}"

    @property
    def actor(self) -> Actor | None:
        """The server, acting in the job's team; None for a job that belongs to no team."""
        return system_actor(self.job.team_id) if self.job.team_id else None

    def progress(self, percent: float, step: str = "") -> None:
        """Tell how far the job is; written and sent at most four times a second."""
        self.percent, self.step = max(0, min(100, int(percent))), step
        self.moved.set()

    @asynccontextmanager
    async def unit(self, *, final: bool = True) -> AsyncIterator[Unit]:
        """Open a transaction as the job's team (as the system for a job of no team).

        It commits only while this attempt still holds the job, and, when `final`, ends the job in the same
        transaction with `ctx.result`: the effect happens once. `final=False` is for work in several steps, each of
        which must be harmless to repeat.
        """
        actor, request_id = self.actor, self.job.request_id
        opened = unit_of_work(actor, request_id=request_id) if actor else system_unit(request_id=request_id)
        async with opened as unit:
            yield unit
            if final:
                await ledger.finish(self.job, self.kind, self.result)
            else:
                await ledger.hold(self.job)
        self.finished = self.finished or final
