"""What is forgotten, and when: kept answers, room logs, ended sessions, finished work; facts and the audit stay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from models.clock import now
from server.config import settings
from tasks.context import JobContext
from tasks.registry import NoArgs, job
from tasks.schedule import schedule

ROOMS_AT_ONCE = 200
ENTRIES_AT_ONCE = 1000  # removed in one transaction, at whose end the room's counter is locked

# Each by `$1`, the present instant.
FORGET: dict[str, str] = {
    "idempotency keys": "DELETE FROM idempotency_key WHERE created_at < $1::timestamptz - interval '24 hours'",
    "sessions": "DELETE FROM auth_session WHERE expires_at < $1::timestamptz - interval '30 days' "
    "OR ended_at < $1::timestamptz - interval '30 days'",
    "mailed tokens": "DELETE FROM mailed_token WHERE expires_at < $1::timestamptz - interval '30 days'",
    "deliveries": "DELETE FROM delivery WHERE state = 'done' AND done_at < $1::timestamptz - interval '7 days'",
    "jobs": "DELETE FROM job WHERE finished_at < $1::timestamptz - interval '30 days'",
    "fires": "DELETE FROM cron_fire f WHERE at < $1::timestamptz - interval '90 days' "
    "AND EXISTS (SELECT 1 FROM cron_fire g WHERE g.name = f.name AND g.at > f.at)",
    "reminders": "DELETE FROM due_reminder WHERE due_at < $1::timestamptz - interval '90 days'",
    "development mails": "DELETE FROM dev_mail WHERE at < $1::timestamptz - interval '30 days'",
}

# How far each room may be shortened: it keeps what is young, and its last events however old they are.
OLD = """
SELECT room, floor, upto FROM (
    SELECT s.room, s.floor, least(s.head - $3, coalesce((
        SELECT min(e.seq) - 1 FROM stream_entry e WHERE e.room = s.room AND e.at >= $1::timestamptz - $2::interval
    ), s.head)) AS upto
    FROM stream s WHERE s.head - s.floor > $3 AND s.room > $4 ORDER BY s.room LIMIT $5
) AS r ORDER BY room
"""
TRIM = "DELETE FROM stream_entry WHERE room = $1 AND seq <= $2"
MOVE_FLOOR = "UPDATE stream SET floor = $2 WHERE room = $1 AND floor < $2"


@job("forget", quiet=True)
async def forget(ctx: JobContext, args: NoArgs) -> dict[str, int]:
    """Remove what is past its time."""
    gone: dict[str, int] = {}
    for name, statement in FORGET.items():
        async with ctx.unit(final=False) as unit:
            await unit.conn.execute("SET LOCAL statement_timeout = '60s'")
            gone[name] = int((await unit.conn.execute(statement, now(), timeout=60)).split()[-1])
    return gone


@job("trim_rooms", quiet=True)
async def trim_rooms(ctx: JobContext, args: NoArgs) -> dict[str, int]:
    """Shorten the rooms' logs, a room and a thousand entries at a time; what happened stays in `event`."""
    last, rooms, entries = "", 0, 0
    while found := await _old(ctx, last):
        for room, floor, upto in found:
            gone = [await _trim(ctx, room, n) for n in _steps(floor, upto)]
            rooms, entries = rooms + bool(gone), entries + sum(gone)
        last = found[-1][0]
    return {"rooms": rooms, "entries": entries}


async def _old(ctx: JobContext, after: str) -> list[tuple[str, int, int]]:
    """The next rooms that have many entries, with their floor and where it may go."""
    keep = timedelta(seconds=settings().room_keep_seconds), settings().room_keep_events
    async with ctx.unit(final=False) as unit:
        await unit.conn.execute("SET LOCAL statement_timeout = '60s'")
        return [tuple(r) for r in await unit.conn.fetch(OLD, now(), *keep, after, ROOMS_AT_ONCE, timeout=60)]


def _steps(floor: int, upto: int) -> Iterator[int]:
    """The floors on the way from one to the other."""
    return (min(step + ENTRIES_AT_ONCE, upto) for step in range(floor, upto, ENTRIES_AT_ONCE))


async def _trim(ctx: JobContext, room: str, floor: int) -> int:
    """Remove what is not above the floor and move the room's floor there, at once for every reader.

    Writers of the room wait for its counter, so that is locked last.
    """
    async with ctx.unit(final=False) as unit:
        gone = await unit.conn.execute(TRIM, room, floor)
        await unit.conn.execute(MOVE_FLOOR, room, floor)
    return int(gone.split()[-1])


schedule("retention.forget", "17 * * * *", job="forget", catch_up="latest")
schedule("retention.trim_rooms", "40 * * * *", job="trim_rooms", catch_up="latest")
