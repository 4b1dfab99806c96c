"""A record's change and the fact that tells it in one trip: one statement locks, compares, writes and logs, keeps the
answer of a POST with its key; without a BEGIN, its end is the commit.

It is for routes that are declared `whole`: the change is all that their transaction does, and the record is the answer.
A change that is not as usual (no such record, another version than `If-Match` names, nothing differs, a row that had to
be waited for, a fact that nobody would hear) writes nothing; then the unit begins anew and goes step by step
(`Out.alter`, `record`, the append). See `docs/decisions/one-trip.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from models.actors import NOBODY, Actor
from models.base import Record, all_to_db, columns
from models.clock import now
from models.db import to_json
from models.ids import uuid7
from server.core.announce import Entry
from server.core.events import Event, Recorded, followers_of, rooms_of
from server.core.rooms import Audience
from server.core.unit import Unit, current
from server.core.view import Out, Row, Shown

# Over `new`, the record as it was written; `room`s are those that the fact itself names, and where `new` is heard.
LOGGED = """
fact AS (
    INSERT INTO event (id, team_id, type, at, actor, subject_kind, subject_id, subject_version, project_id, data,
                       changes, detail, request_id, address)
    SELECT $1::uuid, team_id, '{type}', $2::timestamptz, $3::text::jsonb, '{noun}', id, version, project_id,
           shown::jsonb, changes::jsonb, '{detail}', $4::text, $5::text FROM new
), duties AS (
    INSERT INTO delivery (event_id, team_id, follower)
    SELECT $1::uuid, team_id, follower FROM new, unnest('{{{duties}}}'::text[]) AS follower
), heads AS (
    INSERT INTO stream AS s (room, team_id, head)
    SELECT room, team_id, 1 FROM new, LATERAL (
        SELECT string_to_table($6, ' ') UNION ALL SELECT 'project:' || heard_in WHERE heard_in IS NOT NULL
    ) AS r(room) ORDER BY room
    ON CONFLICT (room) DO UPDATE
        SET head = CASE WHEN s.team_id = excluded.team_id THEN s.head + 1 END, updated_at = now()
    RETURNING s.room, s.head, s.epoch
), logged AS (
    INSERT INTO stream_entry (room, seq, team_id, event_id, type, at, wire)
    SELECT h.room, h.head, new.team_id, $1::uuid, '{type}', $2::timestamptz,
        '"id":"' || $1::uuid::text || '","room":"' || h.room || $7 || new.version || '}},"data":' || new.shown
        || ',"changes":' || coalesce(new.changes, '{{}}') || ',"detail":{detail}}}'
    FROM new, heads h
)
SELECT new.version, new.shown, coalesce(new.changes, '{{}}'),
    string_agg(concat_ws(' ', room, head, epoch), ',' ORDER BY room)
FROM new, heads GROUP BY new.version, new.shown, new.changes
"""
CLAIMED = """kept AS (
    INSERT INTO idempotency_key (team_id, caller, method, path, key, body_hash, created_at, status, headers, body)
    SELECT $9::uuid, $10::uuid, $11::text, $12::text, $13::text, $14::bytea, $2::timestamptz, 201, $8::text::jsonb,
        convert_to(shown, 'UTF8') FROM new
),"""
AT = "$2::timestamptz"  # the fact's time
OF_FACT = 7  # arguments, before those of the change itself
# `old` waits for the row and has it as it is then; what was waited for is left to who looks again (`Record.alter`).
CHANGE = """
WITH old AS (
    SELECT {columns} FROM {table} t WHERE t.id = $8 AND {visible} FOR {lock} OF t
), new AS (
    UPDATE {table} t SET version = t.version + 1, updated_at = $2::timestamptz{sets} FROM old
    WHERE t.id = old.id AND ({differs}) AND ($9::bigint[] IS NULL OR old.version = ANY($9))
        AND old.version = (SELECT s.version FROM {table} s WHERE s.id = $8)
        AND ($6 <> '' OR {heard_in} IS NOT NULL)
    RETURNING t.id, t.team_id, t.version, {project} AS project_id, {heard_in} AS heard_in,
        {shown} AS shown, '{{' || concat_ws(',', {changes}) || '}}' AS changes
),"""
ADD = """
WITH {beside}new AS (
    INSERT INTO {table} AS t ({names}) VALUES ({marks})
    RETURNING t.id, t.team_id, t.version, {project} AS project_id, NULL::uuid AS heard_in,
        {shown} AS shown, NULL AS changes
), {kept}"""
# The answer to a key that was claimed before, and to one that this claims.
KEPT = """kept AS (
    UPDATE idempotency_key SET status = 201, headers = $8::text::jsonb, body = convert_to(new.shown, 'UTF8') FROM new
    WHERE idempotency_key.team_id = $9 AND caller = $10 AND method = $11 AND path = $12 AND key = $13
),"""
MOST_BESIDE = 10  # arguments


@dataclass(frozen=True, slots=True)
class Beside:
    """What SQL finds for a new record: a query `beside` of one row, its arguments at `{0}`, `{1}` …, and an expression
    for each column. An expression calls `in_vain()` where the record cannot be as it is asked for."""

    sql: str
    columns: tuple[tuple[str, str], ...]


async def change(gives: type[Out], event: type[Event], id: UUID, values: Row, by: Actor) -> Shown | None:
    """Write what differs of these values (plain columns), record the event and end the unit; None where nothing was
    written, and the caller has to go step by step."""
    unit, model = current(), gives.model
    is_first = unit.kept is None and not unit.conn.has_begun  # where it writes nothing, nothing must be committed
    if not (unit.may_end and is_first and values):
        return None
    names, visible = tuple(values), model.visible_to(by)
    sql = _change_sql(gives, event, names, visible.numbered(OF_FACT + 3 + len(names)), followers_of(event))
    if sql is None:
        return None
    rooms = _rooms(gives, event, by.team_id, id if model.noun == "project" else None)
    expected = unit.expected(id)
    of_change = (id, None if expected is None else list(expected), *all_to_db(model, values), *visible.args)
    return await _whole(unit, gives, event, id, now(), rooms, by, sql, of_change)


async def add(
    gives: type[Out], event: type[Event], values: Row, by: Actor, beside: Beside | None = None, *found_by: Any
) -> Shown | None:
    """Insert a record of the actor's team, record the event, keep the answer and end the unit; None where the caller
    has to go step by step. Raises `InVain` where what is `beside` cannot be; its arguments are `found_by`."""
    unit, model, id, at = current(), gives.model, uuid7(), now()
    if not unit.may_end or (beside is not None and not unit.hopeful):
        return None
    values = {"id": id, "team_id": by.team_id, "created_at": at, "updated_at": at} | values
    keeping, kept = "", ()
    if unit.kept is not None:
        keeping, kept = KEPT, (to_json(unit.kept.headers_of(id)), *unit.kept.scope)
        if unit.conn.owed is not None:
            keeping, kept = CLAIMED, (*kept, unit.kept.digest)
    sql = _add_sql(gives, event, tuple(values), keeping, len(kept), beside, followers_of(event))
    if sql is None:
        return None
    rooms = _rooms(gives, event, by.team_id, id if model.noun == "project" else values.get("project_id"))
    if not rooms:
        return None
    if keeping is CLAIMED:
        unit.conn.owed = None
    return await _whole(unit, gives, event, id, at, rooms, by, sql, (*kept, *all_to_db(model, values), *found_by))


async def _whole(
    unit: Unit,
    gives: type[Out],
    event: type[Event],
    id: UUID,
    at: datetime,
    rooms: str,
    by: Actor,
    sql: str,
    args: tuple[Any, ...],
) -> Shown | None:
    if (actor := by.made.get("event")) is None:
        actor = by.made["event"] = to_json(by.as_event())
    wire = (
        f'","type":"{event.type}","at":{to_json(at)},"actor":{actor},"subject":'
        f'{{"kind":"{gives.model.noun}","id":"{id}","version":'
    )
    fact = uuid7()
    rows = await unit.whole(sql, fact, at, actor, unit.request_id, unit.address, rooms, wire, *args)
    if not rows:
        return None
    [(version, shown, changes, heads)] = rows
    behind = f'{wire}{version}}},"data":{shown},"changes":{changes},"detail":{_detail(event)}}}'
    for head in heads.split(","):
        room, seq, epoch = head.split(" ")
        unit.entries.append(Entry(room, int(seq), event.type, f'"id":"{fact}","room":"{room}{behind}', None, epoch))
    return gives.as_shown(version, shown, id)


@lru_cache(maxsize=10_000)
def _rooms(gives: type[Out], event: type[Event], team_id: UUID, project_id: UUID | None) -> str:
    """The rooms that the fact names, whichever record it is about."""
    fact = Recorded(event(), NOBODY, team_id, now(), {}, gives.model.noun, NOBODY, 0, project_id, None, None, None)
    return " ".join(rooms_of(fact, getattr(gives.model, "kinds", "")))


def _is_usual(gives: type[Out], event: type[Event], names: tuple[str, ...]) -> bool:
    """Whether SQL alone can tell this fact: who hears it and what differs, and that it ends nothing."""
    model, live = gives.model, event.live
    return (
        issubclass(model, Record)
        and event.shows is gives
        and event.public is None
        and event.ends is Event.ends
        and not live & {Audience.LINKS, Audience.PROPOSAL, Audience.SUBJECT}
        and (Audience.RECORD not in live or bool(getattr(model, "kinds", "")))
        and (Audience.PROJECT not in live or model.noun == "project" or _has_project(model))
        and all(n not in gives.sources or gives.sources[n].sql == f"t.{n}" for n in names)
    )


def _has_project(model: type[Any]) -> bool:
    return "project_id" in model._meta.fields_map


def _project(model: type[Any]) -> str:
    if model.noun == "project":
        return "t.id"
    return "t.project_id" if _has_project(model) else "NULL::uuid"


def _logged(gives: type[Out], event: type[Event], followers: tuple[str, ...]) -> str:
    detail = _detail(event).replace("'", "''")
    return LOGGED.format(type=event.type, noun=gives.model.noun, detail=detail, duties=",".join(followers))


@cache
def _detail(event: type[Event]) -> str:
    return to_json(event().detail())


@lru_cache(maxsize=1024)
def _change_sql(
    gives: type[Out], event: type[Event], names: tuple[str, ...], visible: str, followers: tuple[str, ...]
) -> str | None:
    if not _is_usual(gives, event, names):
        return None
    model, marks = gives.model, {n: f"${i}" for i, n in enumerate(names, OF_FACT + 3)}
    differs = {n: f"old.{n} IS DISTINCT FROM {mark}" for n, mark in marks.items()}
    changes = [
        f"CASE WHEN {differs[n]} THEN '\"{n}\":[' || {gives.text_of(n, 'old')} || ',' || {gives.text_of(n)} || ']' END"
        for n in names
        if n in gives.sources
    ]
    return CHANGE.format(
        columns=columns(model),
        table=model.table(),
        visible=visible,
        lock=model.row_lock,
        sets="".join(f", {n} = {mark}" for n, mark in marks.items()),
        differs=" OR ".join(differs.values()),
        project=_project(model),
        heard_in="t.project_id" if Audience.PROJECT in event.live and model.noun != "project" else "NULL::uuid",
        shown=gives.select_text,
        changes=", ".join(changes) or "NULL",
    ) + _logged(gives, event, followers)


@lru_cache(maxsize=1024)
def _add_sql(
    gives: type[Out],
    event: type[Event],
    names: tuple[str, ...],
    keeping: str,
    kept: int,
    beside: Beside | None,
    followers: tuple[str, ...],
) -> str | None:
    if not _is_usual(gives, event, ()):
        return None
    first = OF_FACT + kept + 1
    marks = [f"${i}" for i, _ in enumerate(names, first)]
    found = dict(beside.columns) if beside else {}
    marks += found.values()
    sql = beside.sql.format(*(f"${first + len(names) + i}" for i in range(MOST_BESIDE))) if beside else ""
    return ADD.format(
        table=gives.model.table(),
        names=", ".join([*names, *found]),
        marks=", ".join(marks),
        project=_project(gives.model),
        shown=gives.select_text,
        kept=keeping,
        beside=f"beside AS ({sql}), " if beside else "",
    ) + _logged(gives, event, followers)
