"""Work by the clock: each occurrence of a schedule becomes one job, whoever looks first and however often.

    schedule("retention.keys", "17 * * * *", job="forget_idempotency_keys", catch_up="latest")

What was missed while no worker ran is caught up by the schedule's own policy: `all` runs every missed occurrence,
`latest` only the newest of them, `skip` none that is more than a minute old.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim

from models.clock import now
from models.db import connection
from server.core.jobs import enqueue
from tasks.registry import kinds

CatchUp = Literal["all", "latest", "skip"]
MOST_AT_ONCE = 100
PUNCTUAL = timedelta(minutes=1)


@dataclass(slots=True)
class Schedule:
    """A cron line and the job it starts. `due_at` is this process's memory of when to look again."""

    name: str
    cron: str
    job: str
    catch_up: CatchUp
    zone: str = "UTC"
    args: dict[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None

    def after(self, at: datetime) -> Iterator[datetime]:
        """The occurrences later than `at`, in UTC."""
        return (found.astimezone(UTC) for found in CronSim(self.cron, at.astimezone(ZoneInfo(self.zone))))

    def before(self, at: datetime) -> datetime:
        """The last occurrence at or before `at`."""
        backwards = CronSim(self.cron, (at + timedelta(seconds=1)).astimezone(ZoneInfo(self.zone)), reverse=True)
        return next(backwards).astimezone(UTC)


schedules: dict[str, Schedule] = {}


def schedule(name: str, cron: str, *, job: str, catch_up: CatchUp, zone: str = "UTC", **args: Any) -> None:
    """Declare a schedule. `name` is for ever: under it the fires are recorded."""
    if name in schedules:
        raise TypeError(f"schedule {name} is declared twice")
    if job not in kinds:
        raise TypeError(f"schedule {name} starts {job}, which is no kind of job")
    CronSim(cron, now())
    schedules[name] = Schedule(name, cron, job, catch_up, zone, args)


async def fire_due(these: Iterable[Schedule]) -> int:
    """Turn what has become due into jobs, in the running system unit; gives how many jobs that were."""
    at, fired = now(), 0
    for one in these:
        if one.due_at is not None and at < one.due_at:
            continue
        fired += await _catch_up(one, at)
        one.due_at = next(one.after(at))
    return fired


async def _catch_up(one: Schedule, at: datetime) -> int:
    last = await connection().fetchval("SELECT max(at) FROM cron_fire WHERE name = $1", one.name)
    if last is None:  # never seen before: nothing was missed, the next occurrence is the first
        await _record(one, one.before(at))
        return 0
    missed = [t for t in islice(one.after(last), MOST_AT_ONCE) if t <= at]
    if one.catch_up == "latest" and missed:
        missed = [one.before(at)]
    fired = 0
    for occurrence in missed:
        late = one.catch_up == "skip" and at - occurrence > PUNCTUAL
        if await _record(one, occurrence) and not late:
            await _start(one, occurrence)
            fired += 1
    return fired


async def _record(one: Schedule, occurrence: datetime) -> bool:
    """Whether this caller is the first to record the occurrence."""
    sql = "INSERT INTO cron_fire (name, at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true"
    return bool(await connection().fetchval(sql, one.name, occurrence))


async def _start(one: Schedule, occurrence: datetime) -> None:
    kind = kinds[one.job]
    dedupe = f"{one.name}@{occurrence.isoformat()}"
    id = await enqueue(one.job, one.args, queue=kind.queue, max_attempts=kind.max_attempts, dedupe=dedupe)
    await connection().execute("UPDATE cron_fire SET job_id = $3 WHERE name = $1 AND at = $2", one.name, occurrence, id)
