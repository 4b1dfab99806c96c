"""Reading the log: a room's head, and what happened in it since; the same for a socket's `join` and for REST."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import msgspec

from server.config import settings
from server.core.announce import Entry
from server.core.unit import current

OPEN = "INSERT INTO stream (room, team_id) VALUES ($1, $2) ON CONFLICT (room) DO NOTHING"
ROOMS_OF = "SELECT room FROM stream WHERE team_id = $1 ORDER BY room"
HEADS = "SELECT room, epoch, head, floor FROM stream WHERE room = ANY($1::text[])"
SINCE = """
SELECT room, seq, type, wire, ends, epoch FROM (
    SELECT e.*, s.epoch, sum(octet_length(wire)) OVER (ORDER BY seq) AS bytes
    FROM stream s JOIN stream_entry e USING (room)
    WHERE s.room = $1 AND s.epoch = $6 AND e.seq > $2 AND e.seq <= $3 ORDER BY e.seq LIMIT $4
) AS s WHERE bytes <= $5 OR seq = $2 + 1 ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a room's log stands: `seq` is the last one, `floor` the last one no longer kept."""

    room: str
    epoch: str
    seq: int
    floor: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What happened in a room since a seq; `reset` when the log cannot bridge the gap."""

    room: str
    epoch: str
    seq: int
    entries: list[Entry] = field(default_factory=list)
    reset: bool = False

    def as_answer(self) -> dict[str, object]:
        """The answer of `join` and of REST; the events are the very texts that went out live."""
        events = [msgspec.Raw(entry.text.encode()) for entry in self.entries]
        return {
            "ok": True,
            "room": self.room,
            "epoch": self.epoch,
            "seq": self.seq,
            "events": events,
            "reset": self.reset,
        }


async def heads(rooms: list[str]) -> dict[str, Head]:
    """The heads of these rooms in the running unit's snapshot; a room without any event yet is left out."""
    rows = await current().conn.fetch(HEADS, rooms)
    return {r["room"]: Head(r["room"], r["epoch"], r["head"], r["floor"]) for r in rows}


async def head(room: str) -> Head:
    """The room's head in the running unit's snapshot; without any event yet its epoch is empty."""
    found = (await heads([room])).get(room)
    return found or Head(room, "", 0, 0)


async def open_rooms(rooms: list[str]) -> None:
    """Give each room that has had no event yet its epoch, which readers keep beside their seq."""
    unit = current()
    assert unit.actor is not None
    await unit.conn.executemany(OPEN, [(room, unit.actor.team_id) for room in sorted(rooms)])


async def rooms_of(team_id: UUID) -> list[str]:
    """All rooms of the team in which anybody can be: those that have had an event or a visitor."""
    return [row["room"] for row in await current().conn.fetch(ROOMS_OF, team_id)]


async def since(room: str, epoch: str, after: int, upto: int) -> list[Entry]:
    """The entries with `after < seq <= upto`, in order; only the first of them where they are too many at once.

    There are none when the room's epoch is another one by now.
    """
    rows = await current().conn.fetch(
        SINCE, room, after, upto, settings().replay_max_events, settings().replay_max_bytes, epoch
    )
    return [entry_of(r) for r in rows]


def entry_of(row: asyncpg.Record) -> Entry:
    return Entry(row["room"], row["seq"], row["type"], row["wire"], row["ends"], row["epoch"])


async def replay(at: Head, after: int | None, epoch: str | None) -> Replay:
    """What happened after `after`; call it in the snapshot (`unit_of_work(…, snapshot=True)`) that gave the head."""
    if after is None:
        return Replay(at.room, at.epoch, at.seq)
    foreign = epoch is not None and epoch != at.epoch
    if not foreign and at.floor <= after <= at.seq:
        entries = await since(at.room, at.epoch, after, at.seq) if after < at.seq else []
        if len(entries) == at.seq - after:
            return Replay(at.room, at.epoch, at.seq, entries)
    return Replay(at.room, at.epoch, at.seq, reset=True)
