"""Two records of a kind become one: what hangs on the other, and what names it, is the kept one's; nothing is lost.

The tables that refer to a record are asked of the database, so that a new one cannot be forgotten.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict, NotFound, wrong
from models.records import Owned
from server.core.events import record
from server.core.view import Row
from server.records import tags
from server.records.hearers import hearers
from server.records.kinds import Kind, named_by
from server.records.life import tell_changed

Combine = Callable[[Any, Any], Awaitable[Row]]

REFERENCES = """
SELECT r.relname AS table, own.attname AS column,
       EXISTS (SELECT FROM pg_attribute v WHERE v.attrelid = r.oid AND v.attname = 'version') AS versioned
FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid, unnest(c.conkey, c.confkey) AS key(own, other)
JOIN pg_attribute own ON own.attnum = key.own JOIN pg_attribute other ON other.attnum = key.other
WHERE c.contype = 'f' AND c.confrelid IN ('subject'::regclass, $1::text::regclass)
    AND own.attrelid = c.conrelid AND other.attrelid = c.confrelid AND other.attname = 'id'
ORDER BY 1, 2
"""
# Tags have their own way; the keys follow the record's own addresses and numbers, by its triggers.
NOT_MOVED = {"tagging", "subject_key"}
REMEMBER = "INSERT INTO merged_record (team_id, kind, id, into_id, merged_at) VALUES ($1, $2, $3, $4, $5)"
OWN_FIELDS = {"id", "version", "created_at", "updated_at", "created_by", "tags"}


async def merge(kind: Kind, id: UUID, from_id: UUID, combine: Combine, *, by: Actor) -> Row:
    """Merge the other record into the one with this id, which takes the values that `combine` makes of both.

    Raises `Invalid` when `from_id` is the record itself or out of sight, `Conflict` (already_merged) when it was merged
    before, (too_many_tags) when one record cannot have the tags of both.
    """
    kept, gone = await _both(kind, id, from_id, by)
    values, had = await combine(kept, gone), await _shown(kind, gone)
    tagged = await tags.hand_over(gone, kept)
    if getattr(gone, "external_id", None) is not None:
        await gone.change(external_id=None)  # which is unique: the kept one may take it over
    heard = set(await hearers(kept, by))
    changes, row = await kind.gives.change(kept, values, touch=True)
    await _hand_over(gone, kept, by)
    await record(kind.deleted(name=await gone.label(), hearers=await hearers(gone, by)), about=gone, by=by)
    await gone.remove()
    await connection().execute(REMEMBER, kept.team_id, kept.noun, gone.id, kept.id, now())
    if tagged[0] != tagged[1]:
        changes["tags"] = tagged
    await tell_changed(kind, kept, changes, row, by=by, heard=heard)
    dropped = _dropped(had, await _shown(kind, kept))
    assert kind.merged is not None  # whoever declares a merge declares what is told of it
    fact = kind.merged(from_id=gone.id, from_name=await gone.label(), dropped=dropped, hearers=await hearers(kept, by))
    await record(fact, about=kept, by=by, data=row)
    return row


async def _both(kind: Kind, id: UUID, from_id: UUID, by: Actor) -> tuple[Any, Any]:
    """Both records, locked in the order of their ids: two merges that cross wait for each other, and do not block."""
    if id == from_id:
        raise wrong("from_id", "same_record", f"This is the {kind.model.noun} itself.")
    found: dict[UUID, Owned] = {}
    for one in sorted((id, from_id)):
        try:
            found[one] = await kind.model.locked(by, id=one)
        except NotFound:
            if one == id:
                raise
            raise await _out_of_sight(kind, from_id, by) from None
    return found[id], found[from_id]


async def _out_of_sight(kind: Kind, from_id: UUID, by: Actor) -> Exception:
    into = await kind.model.successor(by, from_id)
    if into is not None:
        return Conflict("It was merged already.", code="already_merged", into_id=str(into))
    return wrong("from_id", "not_found", f"There is no such {kind.model.noun}.")


async def _hand_over(gone: Owned, kept: Owned, by: Actor) -> None:
    for table, column, versioned in await connection().fetch(REFERENCES, gone.table()):
        if table in NOT_MOVED:
            continue
        if (told := named_by(table)) is not None:
            await told.rename(column, gone.id, kept.id, by=by)
            continue
        more = ", version = version + 1" if versioned else ""
        sql = f"UPDATE {table} SET {column} = $3{more} WHERE team_id = $1 AND {column} = $2"
        await connection().execute(sql, gone.team_id, gone.id, kept.id)


async def _shown(kind: Kind, found: Owned) -> Row:
    return msgspec.json.decode(msgspec.json.encode(await kind.gives.of(found)))


def _dropped(gone: Row, kept: Row) -> Row:
    """What the one that is gone had otherwise, by field: the fact keeps it."""
    lost = {}
    for name, value in gone.items():
        if isinstance(value, dict):
            value = {k: v for k, v in value.items() if v != kept[name].get(k)}
        if name not in OWN_FIELDS and value and value != kept[name] and not isinstance(value, list):
            lost[name] = value
    return lost


# ---- for those who say what becomes of two ----


def filled(kept: Owned, gone: Owned, *names: str) -> Row:
    """Of these fields those that the kept one has empty, as the other has them; and the team's own likewise."""
    values = {n: getattr(gone, n) for n in names if getattr(kept, n) in (None, "", []) and getattr(gone, n)}
    return values | {"custom": gone.custom | kept.custom}


def filled_whole(kept: Owned, gone: Owned, *names: str) -> Row:
    """Of these nested fields those of which the kept one has nothing at all."""
    return {n: getattr(gone, n) for n in names if not _says(getattr(kept, n)) and _says(getattr(gone, n))}


def _says(value: Any) -> bool:
    return any(_says(v) if isinstance(v, dict) else v for v in value.values())
