"""A record's change and the fact that tells it in one trip: one statement locks, compares, writes and logs, keeps the
answer of a POST with its key, and its COMMIT travels with it.

It is for routes that are declared `whole`: the change is all that their transaction does, and the record is the answer.
A change that is not as usual (no such record, another version than `If-Match` names, nothing differs, a row that had to
be waited for, a fact that nobody would hear) writes nothing; then the unit begins anew and goes step by step
(`Out.alter`, `record`, the append). See `docs/decisions/one-trip.md`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec
from models.ids import uuid7

from models.actors import Actor
from models.base import Record, columns, to_db
from models.clock import now
from models.db import to_json
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
           shown::jsonb, changes::jsonb, $4::text::jsonb, $5::text, $6::text FROM new
), duties AS (
    INSERT INTO delivery (event_id, team_id, follower)
    SELECT $1::uuid, team_id, follower FROM new, string_to_table($7, ' ') AS follower
), heads AS (
    INSERT INTO stream AS s (room, team_id, head)
    SELECT room, team_id, 1 FROM new, LATERAL (
        SELECT string_to_table($8, ' ') UNION ALL SELECT 'project:' || heard_in WHERE heard_in IS NOT NULL
    ) AS r(room) ORDER BY room
    ON CONFLICT (room) DO UPDATE
        SET head = CASE WHEN s.team_id = excluded.team_id THEN s.head + 1 END, updated_at = now()
    RETURNING s.room, s.head, s.epoch
), logged AS (
    INSERT INTO stream_entry (room, seq, team_id, event_id, type, at, wire)
    SELECT h.room, h.head, new.team_id, $1::uuid, '{type}', $2::timestamptz,
        '"id":"' || $1::uuid::text || '","room":"' || h.room || $9 || new.version || '}},"data":' || new.shown
        || ',"changes":' || coalesce(new.changes, '{{}}') || ',"detail":' || $4::text || '}}'
    FROM new, heads h
    RETURNING room, seq, wire
)
SELECT room, seq, epoch, wire, new.version, new.shown FROM new, heads JOIN logged USING (room) ORDER BY room
"""
OF_FACT = 9  # arguments, before those of the change itself
# `old` waits for the row and has it as it is then; what was waited for is left to who looks again (`Record.alter`).
CHANGE = """
WITH old AS (
    SELECT {columns} FROM {table} t WHERE t.id = $10 AND {visible} FOR {lock} OF t
), new AS (
    UPDATE {table} t SET version = t.version + 1, updated_at = $2::timestamptz{sets} FROM old
    WHERE t.id = old.id AND ({differs}) AND ($11::bigint[] IS NULL OR old.version = ANY($11))
        AND old.version = (SELECT s.version FROM {table} s WHERE s.id = $10)
        AND ($8 <> '' OR {heard_in} IS NOT NULL)
    RETURNING t.id, t.team_id, t.version, {project} AS project_id, {heard_in} AS heard_in,
        {shown} AS shown, '{{' || concat_ws(',', {changes}) || '}}' AS changes
),"""
ADD = """
WITH new AS (
    INSERT INTO {table} AS t ({names}) VALUES ({marks})
    RETURNING t.id, t.team_id, t.version, {project} AS project_id, NULL::uuid AS heard_in,
        {shown} AS shown, NULL AS changes
), {kept}"""
KEPT = """kept AS (
    UPDATE idempotency_key SET status = 201, headers = $10::text::jsonb, body = convert_to(new.shown, 'UTF8') FROM new
    WHERE idempotency_key.team_id = $11 AND caller = $12 AND method = $13 AND path = $14 AND key = $15
),"""
_encode = msgspec.json.Encoder().encode


async def change(gives: type[Out], event: Event, id: UUID, values: Row, by: Actor) -> Shown | None:
    """Write what differs of these values (plain columns), record the event and end the unit; None where nothing was
    written, and the caller has to go step by step."""
    unit, names, model = current(), tuple(values), gives.model
    is_first = unit.kept is None and not unit.conn.has_begun  # where it writes nothing, nothing must be committed
    if not (unit.may_end and is_first and names and _is_usual(gives, type(event), names)):
        return None
    visible, expected = model.visible_to(by), unit.expected(id)
    fact = _fact(event, id, gives, by)
    given = [to_db(model, n, values[n]) for n in names]
    return await _whole(
        unit,
        fact,
        gives,
        _change_sql(gives, type(event), names, visible.numbered(OF_FACT + 3 + len(names))),
        (id, None if expected is None else list(expected), *given, *visible.args),
    )


async def add(gives: type[Out], event: Event, values: Row, by: Actor) -> Shown | None:
    """Insert a record of the actor's team, record the event, keep the answer and end the unit; None where the caller
    has to go step by step."""
    unit, id, model = current(), uuid7(), gives.model
    fact = _fact(event, id, gives, by, values.get("project_id"))
    if not (unit.may_end and fact.rooms and _is_usual(gives, type(event), ())):
        return None
    values = {"id": id, "team_id": by.team_id, "created_at": fact.at, "updated_at": fact.at} | values
    kept = () if unit.kept is None else (to_json(unit.kept.headers_of(id)), *unit.kept.scope)
    given = [to_db(model, n, v) for n, v in values.items()]
    return await _whole(unit, fact, gives, _add_sql(gives, type(event), tuple(values), len(kept)), (*kept, *given))


def _fact(event: Event, id: UUID, gives: type[Out], by: Actor, project_id: UUID | None = None) -> Recorded:
    noun = gives.model.noun
    project_id = id if noun == "project" else project_id
    fact = Recorded(event, uuid7(), by.team_id, now(), by.as_event(), noun, id, 0, project_id, None, None, None)
    fact.rooms = rooms_of(fact, getattr(gives.model, "kinds", ""))
    return fact


async def _whole(unit: Unit, fact: Recorded, gives: type[Out], sql: str, args: tuple[Any, ...]) -> Shown | None:
    event, actor = fact.event, _encode(fact.actor).decode()
    wire = f'","type":"{event.type}","at":{_encode(fact.at).decode()},"actor":{actor},"subject":'
    wire += f'{{"kind":"{fact.subject_kind}","id":"{fact.subject_id}","version":'
    detail, duties = _encode(event.detail()).decode(), " ".join(followers_of(type(event)))
    of_fact = (fact.id, fact.at, actor, detail, unit.request_id, unit.address, duties, " ".join(fact.rooms), wire)
    rows = await unit.whole(sql, *of_fact, *args)
    if not rows:
        return None
    unit.entries = [Entry(room, seq, event.type, text, None, epoch) for room, seq, epoch, text, _, _ in rows]
    return gives.as_shown(rows[0]["version"], rows[0]["shown"])


@lru_cache(maxsize=1024)
def _is_usual(gives: type[Out], event: type[Event], names: tuple[str, ...]) -> bool:
    """Whether SQL alone can tell this fact: who hears it and what differs, and that it ends nothing."""
    model, live = gives.model, event.live
    return (
        issubclass(model, Record)
        and event.shows is gives
        and event.public is None
        and event.ends is Event.ends
        and not live & {Audience.LINKS, Audience.PROPOSAL}
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


@lru_cache(maxsize=1024)
def _change_sql(gives: type[Out], event: type[Event], names: tuple[str, ...], visible: str) -> str:
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
    ) + LOGGED.format(type=event.type, noun=model.noun)


@lru_cache(maxsize=1024)
def _add_sql(gives: type[Out], event: type[Event], names: tuple[str, ...], kept: int) -> str:
    return ADD.format(
        table=gives.model.table(),
        names=", ".join(names),
        marks=", ".join(f"${i}" for i, _ in enumerate(names, OF_FACT + kept + 1)),
        project=_project(gives.model),
        shown=gives.select_text,
        kept=KEPT if kept else "",
    ) + LOGGED.format(type=event.type, noun=gives.model.noun)
