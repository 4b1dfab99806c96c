"""The epochs of the rooms' logs: a restored database begins new ones, since its seqs will name other facts."""

from __future__ import annotations

from uuid import uuid4

import asyncpg

LOCK = 0x65706F63  # one at a time, whoever finds out
ROOMS_AT_ONCE = 1000
HAS_EPOCH = "SELECT room FROM stream WHERE room = $1 AND epoch = $2"
RENEW = """
UPDATE stream SET epoch = $1 WHERE room IN (
    SELECT room FROM stream WHERE room > $2 AND epoch <> $1 ORDER BY room LIMIT $3 FOR UPDATE
) RETURNING room
"""
# A dump that is loaded makes tables anew, a recovery to a point in time begins a timeline, another server has another
# identifier; a copy of the files has all of them as they were. Some managed servers do not show the second line.
PLACES = (
    "SELECT concat_ws('/', oid, 'stream'::regclass::oid) FROM pg_database WHERE datname = current_database()",
    "SELECT concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_lsn()), 8)) FROM pg_control_system()",
)


async def notice_restore(url: str) -> int:
    """Begin anew if the database lies elsewhere than when this was last asked; gives how many rooms that were."""
    conn = await asyncpg.connect(url, timeout=5)
    try:
        here = " ".join([await _place(conn, place) for place in PLACES])
        if await conn.fetchval("SELECT place FROM log_place") == here:
            return 0
        rooms = await begin_anew(url)
        async with conn.transaction():
            await conn.execute("DELETE FROM log_place")
            await conn.execute("INSERT INTO log_place VALUES ($1)", here)
        return rooms
    finally:
        await conn.close()


async def _place(conn: asyncpg.Connection, query: str) -> str:
    try:
        return str(await conn.fetchval(query))
    except asyncpg.PostgresError:
        return ""


async def begin_anew(url: str, proof: tuple[str, str] | None = None) -> int:
    """Give every room a new epoch; gives how many rooms that were.

    Whoever has followed a room under its old epoch is told to reset, by every process at its next look at the log.
    `proof` is a room, and the epoch under which its log was found to be another one: when the room has a new epoch by
    now, somebody else was first, and nothing is done.
    """
    conn = await asyncpg.connect(url, timeout=5)
    try:
        await conn.execute(f"SELECT pg_advisory_lock({LOCK})")
        if proof and not await _as_system(conn, HAS_EPOCH, *proof):
            return 0
        return await _renew(conn, uuid4().hex)
    finally:
        await conn.close()


async def _renew(conn: asyncpg.Connection, epoch: str) -> int:
    last, count = "", 0
    while rooms := await _as_system(conn, RENEW, epoch, last, ROOMS_AT_ONCE):
        last, count = max(rooms), count + len(rooms)
    return count


async def _as_system(conn: asyncpg.Connection, statement: str, *args: object) -> list[str]:
    """One transaction; the rooms that the statement gives."""
    async with conn.transaction():
        await conn.execute("SET LOCAL ROLE mediaflow_system")
        return [row["room"] for row in await conn.fetch(statement, *args)]
