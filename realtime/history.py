"""What the follower reads of the log, and whether it is still the log that it has followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from server.core.announce import Entry
from server.core.log import Head, entry_of
from server.core.unit import current

if TYPE_CHECKING:
    from realtime.places import Membership, Room

HEADS = """
SELECT s.room, s.epoch, s.head, s.floor, e.event_id::text AS last
FROM unnest($1::text[], $2::bigint[]) AS n(room, cursor) JOIN stream s USING (room)
LEFT JOIN stream_entry e ON e.room = s.room AND e.seq = n.cursor
"""
PULL = """
SELECT e.room, e.seq, e.type, e.wire, e.ends, r.epoch
FROM unnest($1::text[], $2::bigint[]) AS n(room, cursor) JOIN stream r USING (room)
CROSS JOIN LATERAL (
    SELECT * FROM stream_entry s WHERE s.room = n.room AND s.seq > n.cursor ORDER BY s.seq LIMIT 200
) AS e ORDER BY e.room, e.seq
"""


class Forked(Exception):
    """The database does not have what this process has given out, under the same epoch."""

    def __init__(self, room: Room) -> None:
        super().__init__(f"the database of {room.name}")
        self.proof = (room.name, room.epoch)


async def heads_of(rooms: list[Room]) -> dict[str, Head]:
    """The heads of these rooms in the running unit's snapshot. Raises `Forked`.

    What was given out before the snapshot is in it, with the same seq, or below the floor; anything else is the log of
    a database that was restored without a new epoch.
    """
    asked = {room.name: (room, room.epoch, room.cursor or 0, room.last) for room in rooms}
    rows = await current().conn.fetch(HEADS, list(asked), [cursor for _, _, cursor, _ in asked.values()])
    for row in rows:
        room, epoch, cursor, last = asked[row["room"]]
        if row["epoch"] == epoch and (row["head"] < cursor or (last and row["last"] not in (None, last))):
            raise Forked(room)
        if row["last"] and (room.cursor, room.last) == (cursor, ""):
            room.last = row["last"]
    return {row["room"]: Head(row["room"], row["epoch"], row["head"], row["floor"]) for row in rows}


async def entries_of(rooms: list[Room]) -> list[Entry]:
    """What comes next in these rooms; only the first of it where it is much."""
    rows = await current().conn.fetch(PULL, [room.name for room in rooms], [room.cursor for room in rooms])
    return [entry_of(row) for row in rows]


def move(room: Room, head: Head) -> list[Membership]:
    """Take the room to the log that the head is of; gives the members who cannot be brought there.

    Those who are in that log already go on, from the furthest behind of them.
    """
    there = [m.after for m in room.members.values() if m.epoch == head.epoch and m.after >= head.floor]
    room.epoch, room.skipped = head.epoch, min(there, default=head.seq)
    room.cursor, room.last = room.skipped, ""
    room.early.clear()
    for membership in room.members.values():
        if not membership.epoch:  # still being let in: what it waits with is of the log before
            membership.held, membership.ended_at = [], 0
    return [m for m in room.members.values() if m.epoch and (m.epoch != head.epoch or m.after < head.floor)]
