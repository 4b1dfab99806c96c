"""The append: what a unit of work has recorded goes into the log as its last statement, with COMMIT right behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from server.core.announce import Entry

if TYPE_CHECKING:
    from server.core.events import Recorded
    from server.core.unit import Unit

# One statement: facts, deliveries, then the room counters (locked in ascending order by the ORDER BY), then entries.
# `fact` numbers the facts from 1; `behind` counts how many entries of the same room and statement come after this one.
APPEND = """
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::text[], $7::uuid[],
                         $8::int[], $9::uuid[], $10::jsonb[], $11::jsonb[], $12::jsonb[]) WITH ORDINALITY
        AS g(id, team_id, type, at, actor, subject_kind, subject_id, subject_version, project_id, data, changes,
             detail, fact)
), facts AS (
    INSERT INTO event (id, team_id, type, at, actor, subject_kind, subject_id, subject_version, project_id, data,
                       changes, detail, request_id, address)
    SELECT id, team_id, type, at, actor, subject_kind, subject_id, subject_version, project_id, data, changes, detail,
           $13, $14 FROM given
), duties AS (
    INSERT INTO delivery (event_id, team_id, follower)
    SELECT g.id, g.team_id, d.follower
    FROM unnest($15::int[], $16::text[]) AS d(fact, follower) JOIN given g USING (fact)
), entries AS (
    SELECT e.*, g.id, g.team_id, g.type, g.at
    FROM unnest($17::int[], $18::text[], $19::int[], $20::text[], $21::text[]) AS e(fact, room, behind, wire, ends)
    JOIN given g USING (fact)
), heads AS (
    INSERT INTO stream AS s (room, team_id, head)
    SELECT room, team_id, count(*) FROM entries GROUP BY room, team_id ORDER BY room
    ON CONFLICT (room) DO UPDATE SET head = s.head + excluded.head, updated_at = now()
    RETURNING s.room, s.head, s.epoch
), logged AS (
    INSERT INTO stream_entry (room, seq, team_id, event_id, type, at, wire, ends)
    SELECT e.room, h.head - e.behind, e.team_id, e.id, e.type, e.at, e.wire, e.ends
    FROM entries e JOIN heads h USING (room)
)
SELECT room, head, epoch FROM heads
"""
# The same for one fact, which is what nearly every request records: arrays of one cost more than the rest together.
APPEND_ONE = """
WITH fact AS (
    INSERT INTO event (id, team_id, type, at, actor, subject_kind, subject_id, subject_version, project_id, data,
                       changes, detail, request_id, address)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
), duties AS (
    INSERT INTO delivery (event_id, team_id, follower) SELECT $1, $2, follower FROM unnest($15::text[]) AS follower
), heads AS (
    INSERT INTO stream AS s (room, team_id, head) SELECT room, $2, 1 FROM unnest($16::text[]) AS room ORDER BY room
    ON CONFLICT (room) DO UPDATE SET head = s.head + 1, updated_at = now()
    RETURNING s.room, s.head, s.epoch
), logged AS (
    INSERT INTO stream_entry (room, seq, team_id, event_id, type, at, wire, ends)
    SELECT e.room, h.head, $2, $1, $3, $4, e.wire, e.ends
    FROM unnest($16::text[], $17::text[], $18::text[]) AS e(room, wire, ends) JOIN heads h USING (room)
)
SELECT room, head, epoch FROM heads
"""
_encode = msgspec.json.Encoder().encode


async def append_and_commit(unit: Unit) -> list[Entry]:
    """Append what the unit has recorded, and commit; gives the entries with their seqs, in order."""
    for fact in unit.events:
        if fact.data is not None:
            fact.data = msgspec.Raw(_encode(fact.data))  # once, for the event and for each room's wire
    entries = [(number, room, fact) for number, fact in enumerate(unit.events, 1) for room in fact.rooms]
    wires = [_wire(fact, room) for _, room, fact in entries]
    ends = [_ends(fact, room) for _, room, fact in entries]
    behind = _behind(room for _, room, _ in entries)
    if len(unit.events) == 1:
        rows = await _append_one(unit, unit.events[0], wires, ends)
    else:
        rows = await _append_all(unit, entries, behind, wires, ends)
    heads = {room: (head, epoch) for room, head, epoch in rows}
    found = [
        Entry(room, heads[room][0] - later, fact.event.type, wire, end, heads[room][1])
        for (_, room, fact), later, wire, end in zip(entries, behind, wires, ends, strict=True)
    ]
    return sorted(found, key=lambda e: (e.room, e.seq))


async def _append_one(unit: Unit, fact: Recorded, wires: list[str], ends: list[str | None]) -> list[Any]:
    around = (unit.request_id, unit.address)
    return await unit.conn.fetch_and_commit(
        APPEND_ONE, *_columns(fact), *around, fact.followers, fact.rooms, wires, ends
    )


async def _append_all(
    unit: Unit,
    entries: list[tuple[int, str, Recorded]],
    behind: list[int],
    wires: list[str],
    ends: list[str | None],
) -> list[Any]:
    columns = [list(column) for column in zip(*map(_columns, unit.events), strict=True)]
    duties = [(n, name) for n, fact in enumerate(unit.events, 1) for name in fact.followers]
    return await unit.conn.fetch_and_commit(
        APPEND,
        *columns,
        unit.request_id,
        unit.address,
        [number for number, _ in duties],
        [name for _, name in duties],
        [number for number, _, _ in entries],
        [room for _, room, _ in entries],
        behind,
        wires,
        ends,
    )


def _columns(fact: Recorded) -> tuple[Any, ...]:
    """The fact as a row of `event`."""
    return (
        fact.id,
        fact.team_id,
        fact.event.type,
        fact.at,
        _json(fact.actor),
        fact.subject_kind,
        fact.subject_id,
        fact.subject_version,
        fact.project_id,
        _json(fact.data),
        _json(fact.changes),
        _json(fact.event.detail()),
    )


def _behind(rooms: Iterable[str]) -> list[int]:
    """For each entry how many of its room come after it: the last one gets the room's head, the one before head - 1."""
    later: dict[str, int] = {}
    counts = []
    for room in reversed(list(rooms)):
        counts.append(later.get(room, 0))
        later[room] = counts[-1] + 1
    return counts[::-1]


def _json(value: Any) -> str | None:
    return None if value is None else _encode(value).decode()


def _wire(fact: Recorded, room: str) -> str:
    payload: dict[str, Any] = {
        "id": fact.id,
        "room": room,
        "type": fact.event.type,
        "at": fact.at,
        "actor": fact.actor,
        "subject": {"kind": fact.subject_kind, "id": fact.subject_id, "version": fact.subject_version},
        "data": fact.data,
        "changes": fact.changes or {},
        "detail": fact.event.detail(),
    }
    return _encode(payload).decode()[1:]


def _ends(fact: Recorded, room: str) -> str | None:
    return _json([e for e in fact.endings if e.room == room] or None)
