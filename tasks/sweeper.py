"""The look around that every worker takes each second, so that nothing waits for a bell that was never rung."""

from __future__ import annotations

import asyncio
import logging

from models.clock import now
from models.db import connection
from server.core.system import system_unit
from tasks import ledger
from tasks.registry import kinds
from tasks.runner import DATABASE_TROUBLE, Runner
from tasks.schedule import fire_due, schedules

LOCK = 0x6D667377
DUE = """
SELECT queue FROM unnest($1::text[]) AS queue WHERE EXISTS (
    SELECT 1 FROM job j WHERE j.queue = queue.queue AND j.state = 'queued' AND j.run_at <= $2 AND j.kind = ANY($3)
)
"""

log = logging.getLogger(__name__)


async def sweep() -> None:
    """Reclaim what dead workers held and fire the schedules; one worker at a time, whoever comes first."""
    async with system_unit() as unit:
        if not await unit.conn.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK):
            return
        reclaimed = await ledger.reclaim()
        await fire_due(schedules.values())
    if reclaimed:
        log.warning("%d jobs of workers that died were queued again or buried", reclaimed)


async def look(runner: Runner) -> None:
    """Let the runner run what is due, bells or not."""
    async with system_unit(read_only=True):
        queues = await connection().fetch(DUE, list(runner.lanes), now(), list(kinds))
    for row in queues:
        runner.ring(row["queue"])


async def sweep_for_ever(runner: Runner, seconds: float) -> None:
    """Sweep and look, until cancelled; trouble with the database is waited out."""
    while True:
        try:
            await sweep()
            await look(runner)
            await runner.obey_cancellations()
        except DATABASE_TROUBLE as error:
            log.warning("the sweeper waits for the database: %s", error)
        await asyncio.sleep(seconds)
