"""The dispatcher: `python -m tasks.dispatch` hands each fact to each follower that wants it, once; run any number."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from uuid import UUID

import asyncpg

from models.clock import now
from models.db import connection
from realtime.bus import Bus
from server.config import Settings
from server.core.system import system_unit
from server.core.unit import Unit, current
from tasks import metrics, process
from tasks.followers import FOLLOWERS, Follower
from tasks.followers.fact import COLUMNS, Fact
from tasks.hints import Hints
from tasks.runner import DATABASE_TROUBLE

BATCH = 100
POLL_SECONDS = 1.0
LINGER_SECONDS = 0.05
MAX_ATTEMPTS = 12
LONGEST_BACKOFF = 3600
ERROR_CHARACTERS = 2000

log = logging.getLogger(__name__)

DUE = f"""
SELECT d.id AS delivery_id, d.attempt, {COLUMNS} FROM delivery d JOIN event e ON e.id = d.event_id
WHERE d.follower = $1 AND d.state = 'queued' AND d.run_at <= greatest(now(), $2)
ORDER BY d.run_at LIMIT $3 FOR UPDATE OF d SKIP LOCKED
"""
TEAMS = """
SELECT team_id FROM delivery WHERE follower = $1 AND state = 'queued'
GROUP BY team_id ORDER BY min(run_at) LIMIT 20
"""
# Not only what is due: a fact that waits for its next try holds back those after it.
OF_TEAM = f"""
SELECT d.id AS delivery_id, d.attempt, d.run_at <= greatest(now(), $4) AS due, {COLUMNS}
FROM delivery d JOIN event e ON e.id = d.event_id
WHERE d.follower = $1 AND d.team_id = $2 AND d.state = 'queued' ORDER BY e.at, e.id LIMIT $3
"""
DONE = "UPDATE delivery SET state = 'done', done_at = $2, last_error = NULL WHERE id = ANY($1)"
FAILED = "UPDATE delivery SET attempt = $2, state = $3, run_at = $4, last_error = $5 WHERE id = $1"


@dataclass(frozen=True, slots=True)
class Duty:
    """A delivery row and its fact."""

    id: UUID
    attempt: int
    fact: Fact

    @classmethod
    def of(cls, row: asyncpg.Record) -> Duty:
        return cls(row["delivery_id"], row["attempt"], Fact.of(row))


async def turn() -> int:
    """Hand over what is due, a batch per follower; gives how many were handled."""
    handled = 0
    for follower in FOLLOWERS:
        if follower.ordered:
            handled += await _teams_in_order(follower)
        else:
            handled += await _whatever_is_due(follower)
    return handled


async def _whatever_is_due(follower: Follower) -> int:
    async with system_unit() as unit:
        rows = await unit.conn.fetch(DUE, follower.name, now(), BATCH)
        done = [duty.id for duty in map(Duty.of, rows) if await _hand_over(follower, [duty])]
        await unit.conn.execute(DONE, done, now())
    return len(rows)


async def _teams_in_order(follower: Follower) -> int:
    async with system_unit(read_only=True):
        teams = [row["team_id"] for row in await connection().fetch(TEAMS, follower.name)]
    return sum([await _team_in_order(follower, team_id) for team_id in teams])


async def _team_in_order(follower: Follower, team_id: UUID) -> int:
    """One dispatcher at a time per team, so that the team's facts keep their order."""
    async with system_unit() as unit:
        lock = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
        if not await unit.conn.fetchval(lock, f"{follower.name}:{team_id}"):
            return 0
        rows = await unit.conn.fetch(OF_TEAM, follower.name, team_id, BATCH, now())
        duties = [Duty.of(row) for row in takewhile(lambda row: row["due"], rows)]
        if not duties:
            return 0
        if await _hand_over(follower, duties, quietly=True):
            await unit.conn.execute(DONE, [d.id for d in duties], now())
            return len(duties)
        handled = 0
        for duty in duties:  # one of them is in the way: everything up to it
            if not await _hand_over(follower, [duty]):
                break
            await unit.conn.execute(DONE, [duty.id], now())
            handled += 1
        return handled


async def _hand_over(follower: Follower, duties: list[Duty], *, quietly: bool = False) -> bool:
    """Let the follower have its effect, or undo it and write down why; `quietly` leaves the writing to another try."""
    unit = current()
    events, actions = len(unit.events), len(unit.after_commit)
    await unit.conn.execute("SAVEPOINT handing_over")
    unit.request_id = duties[0].fact.request_id  # jobs that the follower asks for carry it on
    try:
        await follower.handle([duty.fact for duty in duties])
        await unit.conn.execute("RELEASE SAVEPOINT handing_over")
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
        raise
    except Exception as error:
        await unit.conn.execute("ROLLBACK TO SAVEPOINT handing_over")
        del unit.events[events:], unit.after_commit[actions:]
        if not quietly:
            await _failed(unit, follower, duties[0], error)
        return False
    finally:
        unit.request_id = ""
    metrics.HANDOVERS.labels(follower.name, "done").inc(len(duties))
    return True


async def _failed(unit: Unit, follower: Follower, duty: Duty, error: Exception) -> None:
    attempt = duty.attempt + 1
    state = "dead" if attempt >= MAX_ATTEMPTS else "queued"
    wait = min(LONGEST_BACKOFF, 2**attempt) * (0.5 + random.random())
    log.warning("%s could not take %s %s (attempt %d)", follower.name, duty.fact.type, duty.fact.id, attempt,
                exc_info=error)  # fmt: skip
    text = f"{type(error).__name__}: {error}"[:ERROR_CHARACTERS]
    await unit.conn.execute(FAILED, duty.id, attempt, state, now() + timedelta(seconds=wait), text)
    metrics.HANDOVERS.labels(follower.name, "dead" if state == "dead" else "failed").inc()


async def main(config: Settings, bus: Bus, stop: asyncio.Event) -> None:
    """Dispatch until told to stop: at once when Redis hints at a commit, else by looking each second."""
    hints = Hints(bus)
    while not stop.is_set():
        hints.clear()
        try:
            if await turn() >= BATCH:
                continue
        except DATABASE_TROUBLE as error:
            log.warning("the dispatcher waits for the database: %s", error)
            await hints.pause(POLL_SECONDS, stop)
        await hints.wait(POLL_SECONDS, stop)
        await hints.pause(LINGER_SECONDS, stop)  # so that a busy second costs twenty batches, not a thousand


if __name__ == "__main__":
    process.run("dispatcher", main)
