"""What is forgotten, and when: kept answers, room logs, ended sessions, finished work; facts and the audit stay."""

from __future__ import annotations

from models.clock import now
from models.db import connection
from server.core.unit import current
from tasks.context import JobContext
from tasks.registry import NoArgs, job
from tasks.schedule import schedule

ROOMS_AT_ONCE = 200
KEPT_EVENTS = 1000

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

# A room keeps the larger of seven days and its last thousand events.
FLOORS = """
SELECT s.room, least(s.head - $2, coalesce((
    SELECT min(e.seq) - 1 FROM stream_entry e WHERE e.room = s.room AND e.at >= $1::timestamptz - interval '7 days'
), s.head)) AS floor
FROM stream s WHERE s.head - s.floor > $2 AND s.room > $3 ORDER BY s.room LIMIT $4
"""
MOVE_FLOOR = "UPDATE stream SET floor = greatest(floor, $2) WHERE room = $1 AND floor < $2"
TRIM = "DELETE FROM stream_entry WHERE room = $1 AND seq <= $2"


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
    """Shorten the rooms' logs; a room's floor moves in the transaction that removes what is below it."""
    last, rooms, entries = "", 0, 0
    while True:
        async with ctx.unit(final=False):
            await current().conn.execute("SET LOCAL statement_timeout = '60s'")
            found = await connection().fetch(FLOORS, now(), KEPT_EVENTS, last, ROOMS_AT_ONCE, timeout=60)
            for row in found:
                entries += await _trim(row["room"], row["floor"])
        if not found:
            return {"rooms": rooms, "entries": entries}
        last, rooms = found[-1]["room"], rooms + len(found)


async def _trim(room: str, floor: int) -> int:
    if floor <= 0:
        return 0
    await connection().execute(MOVE_FLOOR, room, floor)
    return int((await connection().execute(TRIM, room, floor, timeout=60)).split()[-1])


schedule("retention.forget", "17 * * * *", job="forget", catch_up="latest")
schedule("retention.trim_rooms", "40 3 * * *", job="trim_rooms", catch_up="latest")
