"""The job table's moves: claim, hold, finish, fail, give back; each fenced by the claim that makes it.

All run in the caller's transaction. Leases are measured by the database's clock: the workers' clocks may differ.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from models.actors import system_actor
from models.clock import now
from models.db import connection, to_json
from models.jobs import Job
from server.core.events import record
from server.jobs.events import JobFinished
from tasks.registry import Kind, kinds

LONGEST_BACKOFF = 3600
ERROR_CHARACTERS = 2000


class LeaseLost(Exception):
    """Another attempt has the job now: what this one did must not be committed."""


CLAIM = """
UPDATE job SET state = 'running', attempt = attempt + 1, worker = $1, started_at = $2, version = version + 1,
    lease_until = clock_timestamp() + $3, updated_at = $2, cancel_requested = false
WHERE id = ({chosen}) AND state = 'queued'
RETURNING *
"""
BY_ID = CLAIM.format(
    chosen="SELECT id FROM job WHERE id = $6 AND queue = $5 AND state = 'queued' AND run_at <= $2 AND kind = ANY($4) "
    "FOR UPDATE SKIP LOCKED"
)
NEXT = CLAIM.format(
    chosen="SELECT id FROM job WHERE queue = $5 AND state = 'queued' AND run_at <= $2 AND kind = ANY($4) "
    "ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED"
)


async def claim(worker: str, queue: str, lease: timedelta, id: UUID | None = None) -> Job | None:
    """Take the job, or the queue's next due one; None when somebody else has it or nothing is due.

    The attempt is counted before it runs, so that a job that kills its worker dies after `max_attempts`. Kinds that
    this code does not know stay queued for the code that does.
    """
    asked = (worker, now(), lease, list(kinds), queue)
    row = await (connection().fetchrow(BY_ID, *asked, id) if id else connection().fetchrow(NEXT, *asked))
    return _job(row) if row else None


# The fence. `worker` names one claim by one process, so that an attempt that was counted twice (given back, or run
# again by hand) is never taken for another.
HELD = "id = $1 AND state = 'running' AND worker = $2"


async def hold(job: Job) -> None:
    """Lock the job for this transaction. Raises `LeaseLost`."""
    if not await connection().fetchval(f"SELECT true FROM job WHERE {HELD} FOR UPDATE", job.id, job.worker):
        raise LeaseLost(job.id)


BEAT = f"""
UPDATE job SET lease_until = clock_timestamp() + $3, progress = $4, step = $5,
    version = version + CASE WHEN (progress, step) IS DISTINCT FROM ($4, $5) THEN 1 ELSE 0 END
WHERE {HELD} RETURNING true
"""


async def beat(job: Job, lease: timedelta, percent: int, step: str) -> None:
    """Extend the lease and store the progress. Raises `LeaseLost`."""
    if not await connection().fetchval(BEAT, job.id, job.worker, lease, percent, step or None):
        raise LeaseLost(job.id)


FINISH = f"""
UPDATE job SET state = 'done', progress = 100, result = $3::jsonb, finished_at = $4, updated_at = $4,
    last_error = NULL, lease_until = NULL, worker = NULL, version = version + 1,
    args = CASE WHEN $5::bool THEN '{{}}'::jsonb ELSE args END
WHERE {HELD} RETURNING *
"""


async def finish(job: Job, kind: Kind, result: Any) -> None:
    """End the job as done. Raises `LeaseLost`, which undoes the effect that shares the transaction."""
    text = None if result is None else to_json(result)
    row = await connection().fetchrow(FINISH, job.id, job.worker, text, now(), kind.forget)
    if row is None:
        raise LeaseLost(job.id)
    await _tell(row)


FAIL = f"""
UPDATE job SET state = $3::text, run_at = $4, last_error = $5, lease_until = NULL, worker = NULL,
    updated_at = $6::timestamptz,
    finished_at = CASE WHEN $3 = 'queued' THEN NULL ELSE $6::timestamptz END, version = version + 1,
    args = CASE WHEN $7::bool THEN '{{}}'::jsonb ELSE args END
WHERE {HELD} RETURNING *
"""


async def fail(job: Job, error: str, *, permanent: bool = False) -> str | None:
    """Write down that the attempt failed; gives the job's state: queued again, dead, or None if it was lost."""
    state = "dead" if permanent or job.attempt >= job.max_attempts else "queued"
    return await _end(job, state, error, now() + backoff(job.attempt))


async def cancelled(job: Job, kind: Kind) -> str | None:
    """End the job because its cancellation was asked for."""
    return await _end(job, "cancelled", None, now(), forget=kind.forget)


async def _end(job: Job, state: str, error: str | None, run_at: datetime, *, forget: bool = False) -> str | None:
    text = error[:ERROR_CHARACTERS] if error else None
    row = await connection().fetchrow(FAIL, job.id, job.worker, state, run_at, text, now(), forget)
    if row is None:
        return None
    if state != "queued":
        await _tell(row)
    return state


def backoff(attempt: int) -> timedelta:
    """How long to wait after the n-th failure: doubling, within an hour, spread by half to either side."""
    return timedelta(seconds=min(LONGEST_BACKOFF, 2**attempt) * (0.5 + random.random()))


async def give_back(jobs: Sequence[Job]) -> None:
    """Put unfinished jobs back as if they had never been claimed: the worker stops."""
    await connection().execute(
        "UPDATE job j SET state = 'queued', attempt = j.attempt - 1, lease_until = NULL, worker = NULL, "
        "updated_at = $3 "
        "FROM unnest($1::uuid[], $2::text[]) AS held(id, worker) "
        "WHERE j.id = held.id AND j.worker = held.worker AND j.state = 'running'",
        [job.id for job in jobs],
        [job.worker for job in jobs],
        now(),
    )


RECLAIM = """
UPDATE job SET state = CASE WHEN attempt >= max_attempts THEN 'dead' ELSE 'queued' END, lease_until = NULL,
    run_at = $1::timestamptz, worker = NULL, updated_at = $1, version = version + 1,
    last_error = 'The worker stopped answering during attempt ' || attempt || '.',
    finished_at = CASE WHEN attempt >= max_attempts THEN $1::timestamptz END
WHERE state = 'running' AND lease_until < clock_timestamp()
RETURNING *
"""


async def reclaim() -> int:
    """Queue again, or bury, what workers left behind when they died; gives how many."""
    rows = await connection().fetch(RECLAIM, now())
    for row in rows:
        if row["state"] == "dead":
            await _tell(row)
    return len(rows)


async def _tell(row: asyncpg.Record) -> None:
    kind = kinds.get(row["kind"])
    if row["team_id"] is None or row["created_by"] is None or (kind and kind.quiet):
        return
    job = _job(row)
    await record(JobFinished(member_id=row["created_by"]), about=job, by=system_actor(row["team_id"]))


def _job(row: asyncpg.Record) -> Job:
    return Job._init_from_db(**row)
