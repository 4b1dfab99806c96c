"""The append: what a unit of work has recorded goes into the log as its last statement, with COMMIT right behind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from server.core.announce import Entry
from server.core.rooms import Audience, is_inside

if TYPE_CHECKING:
    from server.core.events import Recorded
    from server.core.unit import Unit

# One statement: facts, deliveries, then the room counters (locked in ascending order by the ORDER BY), then entries.
# `fact` numbers the facts from 1; `behind` counts how many entries of the same room and statement come after this one.
# A room of another team has no next head: the column takes no null, so nothing is written at all.
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
    ON CONFLICT (room) DO UPDATE
        SET head = CASE WHEN s.team_id = excluded.team_id THEN s.head + excluded.head END, updated_at = now()
    RETURNING s.room, s.head, s.epoch
), logged AS (
    INSERT INTO stream_entry (room, seq, team_id, event_id, type, at, wire, ends)
    SELECT e.room, h.head - e.behind, e.team_id, e.id, e.type, e.at, e.wire, e.ends
    FROM entries e JOIN heads h USING (room)
)
SELECT room, head, epoch FROM heads
"""
# The same for one fact that ends nothing, which is what nearly every request records. It is written without arrays:
# asyncpg looks at each for as long as it takes to send the rest.
APPEND_ONE = """
WITH fact AS (
    INSERT INTO event (id, team_id, type, at, actor, subject_kind, subject_id, subject_version, project_id, data,
                       changes, detail, request_id, address)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
), duties AS (
    INSERT INTO delivery (event_id, team_id, follower)
    SELECT $1, $2, follower FROM string_to_table($15, ' ') AS follower
), heads AS (
    INSERT INTO stream AS s (room, team_id, head)
    SELECT room, $2, 1 FROM string_to_table($16, ' ') AS room ORDER BY room
    ON CONFLICT (room) DO UPDATE SET head = CASE WHEN s.team_id = $2 THEN s.head + 1 END, updated_at = now()
    RETURNING s.room, s.head, s.epoch
), logged AS (
    INSERT INTO stream_entry (room, seq, team_id, event_id, type, at, wire)
    SELECT room, head, $2, $1, $3, $4, $17 || room || $18 FROM heads
)
SELECT room, head, epoch FROM heads
"""
BEFORE_ROOM = len('"id":"00000000-0000-0000-0000-000000000000","room":"')
_encode = msgspec.json.Encoder().encode


async def append_and_commit(unit: Unit) -> list[Entry]:
    """Append what the unit has recorded, and commit; gives the entries with their seqs, in order."""
    facts = [Written(fact) for fact in unit.events]
    if len(facts) == 1 and not facts[0].fact.endings and Audience.LINKS not in facts[0].fact.event.live:
        return await _append_one(unit, facts[0])
    return await _append_all(unit, facts)


class Written:
    """A fact as the log has it: each part is made into JSON once, for the event and for each room's wire."""

    __slots__ = ("_before", "_behind", "_public", "columns", "fact")

    def __init__(self, fact: Recorded) -> None:
        self.fact = fact
        actor, detail = msgspec.Raw(_encode(fact.actor)), msgspec.Raw(_encode(fact.event.detail()))
        data = None if fact.data is None else msgspec.Raw(_encode(fact.data))
        changes = None if fact.changes is None else msgspec.Raw(_encode(fact.changes))
        self.columns = (
            fact.id,
            fact.team_id,
            fact.event.type,
            fact.at,
            _text(actor),
            fact.subject_kind,
            fact.subject_id,
            fact.subject_version,
            fact.project_id,
            _text(data),
            _text(changes),
            _text(detail),
        )
        payload = {
            "id": fact.id,
            "room": "",
            "type": fact.event.type,
            "at": fact.at,
            "actor": actor,
            "subject": {"kind": fact.subject_kind, "id": fact.subject_id, "version": fact.subject_version},
            "data": data,
            "changes": changes or {},
            "detail": detail,
        }
        wire = _encode(payload).decode()[1:]
        self._before, self._behind = wire[:BEFORE_ROOM], wire[BEFORE_ROOM:]
        # A visitor gets what is public of the record, and nothing that the team notes with it.
        self._public = payload | {"data": fact.public, "changes": {}, "detail": {}}

    @property
    def around_room(self) -> tuple[str, str]:
        """The wire text before and behind the room's name, which needs no escaping (`rooms.py`)."""
        return self._before, self._behind

    def wire(self, room: str) -> str:
        if not is_inside(room):
            return _encode(self._public | {"room": room}).decode()[1:]
        return f"{self._before}{room}{self._behind}"


async def _append_one(unit: Unit, written: Written) -> list[Entry]:
    fact = written.fact
    rows = await unit.conn.fetch_and_commit(
        APPEND_ONE,
        *written.columns,
        unit.request_id,
        unit.address,
        " ".join(fact.followers),
        " ".join(fact.rooms),
        *written.around_room,
    )
    found = [Entry(room, head, fact.event.type, written.wire(room), None, epoch) for room, head, epoch in rows]
    return found if len(found) == 1 else sorted(found, key=lambda e: e.room)


async def _append_all(unit: Unit, facts: list[Written]) -> list[Entry]:
    entries = [(number, room, written) for number, written in enumerate(facts, 1) for room in written.fact.rooms]
    wires = [written.wire(room) for _, room, written in entries]
    ends = [_ends(written.fact, room) for _, room, written in entries]
    behind = _behind(room for _, room, _ in entries)
    columns = [list(column) for column in zip(*(written.columns for written in facts), strict=True)]
    duties = [(n, name) for n, written in enumerate(facts, 1) for name in written.fact.followers]
    rows = await unit.conn.fetch_and_commit(
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
    heads = {room: (head, epoch) for room, head, epoch in rows}
    found = [
        Entry(room, heads[room][0] - later, written.fact.event.type, wire, end, heads[room][1])
        for (_, room, written), later, wire, end in zip(entries, behind, wires, ends, strict=True)
    ]
    return sorted(found, key=lambda e: (e.room, e.seq))


def _behind(rooms: Iterable[str]) -> list[int]:
    """For each entry how many of its room come after it: the last one gets the room's head, the one before head - 1."""
    later: dict[str, int] = {}
    counts = []
    for room in reversed(list(rooms)):
        counts.append(later.get(room, 0))
        later[room] = counts[-1] + 1
    return counts[::-1]


def _text(json: msgspec.Raw | None) -> str | None:
    return None if json is None else bytes(json).decode()


def _ends(fact: Recorded, room: str) -> str | None:
    endings = [e for e in fact.endings if e.room == room]
    return _encode(endings).decode() if endings else None
