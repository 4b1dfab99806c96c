"""Events: declared once, recorded in the transaction of the change, appended to the log as its last statement.

A fact that takes a right away says so itself: its class overrides `ends`, and every process acts on it at that very
seq, before the room's next event goes out:

    @event("project.member_removed", says="{actor} took {name} off the project", live={Audience.PROJECT})
    class ProjectMemberRemoved(Event):
        user_id: UUID

        def ends(self, about):                        # the person's sockets leave the room: `room.closed {code}`
            yield Ending(project_room(about.id), "removed", user_id=self.user_id)

    project.deleted       Ending(project_room(about.id), "deleted")                        # everybody leaves
    team.member_removed   Ending(member_room(about.id), "token_revoked")                   # closes the sockets
    session.ended         Ending(member_room(m), "token_revoked", session_id=self.session_id)
    member.role_changed   Ending(member_room(about.id), "role_changed", recheck=True)      # asks his rooms again

To lose one's `member:{id}` room is to lose the connection: `closed {code}`. Who loses sight of a project by another
way than `project.member_removed` (leaves the team, a narrower role) has his rooms asked again, or is closed.
The fact is logged in the rooms that its endings name, whether `live` names them or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from pydantic import BaseModel, ConfigDict
from uuid_utils.compat import uuid7

from models.actors import Actor
from models.clock import now
from server.core import unit as units
from server.core.announce import Entry
from server.core.rooms import Audience, kind_room, member_room, project_room, team_room
from server.core.unit import Unit, current

FollowerWants = Callable[["type[Event]"], bool]


@dataclass(frozen=True, slots=True)
class Ending:
    """A right that a fact takes away: who may no longer be in `room`. Naming nobody means everybody who is in it.

    `recheck` takes nothing away for certain: the sockets are authorised again and lose only what they may not have.
    """

    room: str
    code: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    recheck: bool = False


class Event(BaseModel):
    """A fact's own fields (its `detail`); the envelope is made by `record`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ClassVar[str]
    says: ClassVar[str]
    live: ClassVar[frozenset[Audience]]
    notify: ClassVar[bool]
    mail: ClassVar[bool]
    webhook: ClassVar[bool]
    shows: ClassVar[Any] = None  # the output schema that renders `data`; None: no record is shown

    def members(self) -> Iterable[UUID]:
        """The memberships in whose rooms the event is heard, for `Audience.MEMBERS`."""
        return ()

    def ends(self, about: Any) -> Iterable[Ending]:
        """The rights that this fact takes away from live sockets; `about` is the record it is recorded about."""
        return ()

    def detail(self) -> dict[str, Any]:
        return self.model_dump()


catalogue: dict[str, type[Event]] = {}
E = TypeVar("E", bound=Event)


def event(
    type: str,
    *,
    says: str,
    live: Iterable[Audience] = (),
    notify: bool = False,
    mail: bool = False,
    webhook: bool = False,
    shows: Any = None,
) -> Callable[[type[E]], type[E]]:
    """Declare an event class.

    `says` is the sentence of the activity feed (fields of detail, `{actor}` and `{subject}`), `live` who hears it at
    once, `notify` and `mail` whether people are told in-app and by e-mail, `webhook` whether outsiders may subscribe.
    """

    def declare(cls: Any) -> Any:
        if type in catalogue:
            raise TypeError(f"event {type} is declared twice")
        cls.type, cls.says, cls.live = type, says, frozenset(live)
        cls.notify, cls.mail, cls.webhook = notify, mail, webhook
        cls.shows = shows if shows is not None else cls.shows
        catalogue[type] = cls
        return cls

    return declare


@dataclass(slots=True)
class Recorded:
    """A fact waiting for the end of its unit of work."""

    event: Event
    id: UUID
    team_id: UUID
    at: datetime
    actor: dict[str, Any]
    subject_kind: str
    subject_id: UUID
    subject_version: int
    project_id: UUID | None
    data: Any
    changes: dict[str, Any] | None
    rooms: list[str] = field(default_factory=list)
    endings: list[Ending] = field(default_factory=list)


async def record(
    event: Event,
    *,
    about: Any,
    by: Actor,
    changes: dict[str, list[Any]] | None = None,
    data: Any = None,
) -> None:
    """Write the fact into the running unit of work; refuses to run outside one.

    `about` is the record (with `id`, `version`, `team_id`, `noun`). `data` is the record as REST shows it; left out,
    it is read through the event's `shows`. `changes` are columns as `{name: [old, new]}`.
    """
    unit = current()
    shows = type(event).shows
    if data is None and shows is not None:
        data = await shows.of(about)
    if changes and shows is not None:
        changes = shows.present(changes, about)
    project_id = about.id if about.noun == "project" else getattr(about, "project_id", None)
    team_id = about.id if about.noun == "team" else about.team_id
    recorded = Recorded(
        event, uuid7(), team_id, now(), by.as_event(), about.noun, about.id, about.version, project_id, data, changes
    )
    recorded.endings = list(event.ends(about))
    recorded.rooms = _rooms(recorded)
    unit.events.append(recorded)


def _rooms(fact: Recorded) -> list[str]:
    rooms = {ending.room for ending in fact.endings}
    for audience in type(fact.event).live:
        match audience:
            case Audience.TEAM:
                rooms.add(team_room(fact.team_id))
            case Audience.PROJECTS:
                rooms.add(kind_room("projects", fact.team_id))
            case Audience.PROJECT if fact.project_id is not None:
                rooms.add(project_room(fact.project_id))
            case Audience.SUBJECT:
                rooms.add(member_room(fact.subject_id))
            case Audience.MEMBERS:
                rooms.update(member_room(m) for m in fact.event.members())
    return sorted(rooms)


# ---- the append -----------------------------------------------------------------------------------------------------

_followers: dict[str, FollowerWants] = {}


def follower(name: str, wants: FollowerWants) -> None:
    """Name a follower of the log: each event it wants gets a delivery row in the event's own transaction."""
    _followers[name] = wants


def followers_of(event: type[Event]) -> list[str]:
    return [name for name, wants in _followers.items() if wants(event)]


_encode = msgspec.json.Encoder().encode

# One statement: facts, deliveries, then the room counters (locked in ascending order by the ORDER BY), then entries.
APPEND = """
WITH facts AS (
    INSERT INTO event (id, team_id, type, at, actor, subject_kind, subject_id, subject_version, project_id,
                       data, changes, detail, request_id, address)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::jsonb[], $6::text[], $7::uuid[],
                         $8::int[], $9::uuid[], $10::jsonb[], $11::jsonb[], $12::jsonb[], $13::text[], $14::text[])
), duties AS (
    INSERT INTO delivery (event_id, team_id, follower) SELECT * FROM unnest($15::uuid[], $16::uuid[], $17::text[])
), heads AS (
    INSERT INTO stream AS s (room, team_id, head)
    SELECT room, team_id, count(*) FROM unnest($18::text[], $19::uuid[]) AS n(room, team_id)
    GROUP BY room, team_id ORDER BY room
    ON CONFLICT (room) DO UPDATE SET head = s.head + excluded.head, updated_at = now()
    RETURNING s.room, s.head
)
INSERT INTO stream_entry (room, seq, team_id, event_id, type, at, wire, ends)
SELECT e.room, h.head - e.behind, e.team_id, e.event_id, e.type, e.at, e.wire, e.ends
FROM unnest($18::text[], $19::uuid[], $20::int[], $21::uuid[], $22::text[], $23::timestamptz[], $24::text[],
            $25::text[]) AS e(room, team_id, behind, event_id, type, at, wire, ends)
JOIN heads h ON h.room = e.room
RETURNING room, seq, type, wire, ends
"""


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


async def append_events(unit: Unit) -> list[Entry]:
    """Append what the unit has recorded; the last statement before its COMMIT."""
    facts = unit.events
    duties = [(f.id, f.team_id, name) for f in facts for name in followers_of(type(f.event))]
    entries = [(room, f) for f in facts for room in f.rooms]
    left: dict[str, int] = {}
    behind: list[int] = []
    for room, _ in reversed(entries):  # the last entry of a room gets its head, the one before head - 1, …
        behind.append(left.get(room, 0))
        left[room] = left.get(room, 0) + 1
    behind.reverse()
    rows = await _append(unit.conn, unit, facts, duties, entries, behind)
    found = [Entry(r["room"], r["seq"], r["type"], r["wire"], r["ends"]) for r in rows]
    return sorted(found, key=lambda e: (e.room, e.seq))


async def _append(
    conn: asyncpg.Connection,
    unit: Unit,
    facts: list[Recorded],
    duties: list[tuple[UUID, UUID, str]],
    entries: list[tuple[str, Recorded]],
    behind: list[int],
) -> list[asyncpg.Record]:
    return await conn.fetch(
        APPEND,
        [f.id for f in facts],
        [f.team_id for f in facts],
        [f.event.type for f in facts],
        [f.at for f in facts],
        [_json(f.actor) for f in facts],
        [f.subject_kind for f in facts],
        [f.subject_id for f in facts],
        [f.subject_version for f in facts],
        [f.project_id for f in facts],
        [_json(f.data) for f in facts],
        [_json(f.changes) for f in facts],
        [_json(f.event.detail()) for f in facts],
        [unit.request_id] * len(facts),
        [unit.address] * len(facts),
        [d[0] for d in duties],
        [d[1] for d in duties],
        [d[2] for d in duties],
        [room for room, _ in entries],
        [f.team_id for _, f in entries],
        behind,
        [f.id for _, f in entries],
        [f.event.type for _, f in entries],
        [f.at for _, f in entries],
        [_wire(f, room) for room, f in entries],
        [_ends(f, room) for room, f in entries],
    )


units.hooks.append_events = append_events
