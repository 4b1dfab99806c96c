"""An import taken back: what it made is removed, what it changed is as before; what has a life since then is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import AppError
from models.imports import Import
from server.auth.tokens import member_now
from server.core.events import record
from server.core.problems import as_app_error
from server.core.savepoint import savepoint
from server.core.view import Row
from server.imports.events import ImportUndone
from server.imports.kinds import write_permission
from server.imports.run import Progress, Refused, Unit, loaded
from server.records import life, tags
from server.records.hearers import hearers
from server.records.kinds import Kind, kind_named

AT_ONCE = 200
MOST_NAMED = 5000
LEFT = """
SELECT record_id, left_version, before, tag_ids FROM import_record
WHERE import_id = $1 AND kind = $2 AND outcome IS NULL ORDER BY position DESC LIMIT $3
"""
DONE = "UPDATE import_record SET outcome = $3, detail = $4 WHERE import_id = $1 AND record_id = $2"
COUNTS = """
SELECT count(*) FILTER (WHERE outcome = 'removed') AS removed, count(*) FILTER (WHERE outcome = 'restored') AS restored,
    count(*) FILTER (WHERE outcome IN ('changed', 'attached', 'refused')) AS kept
FROM import_record WHERE import_id = $1 AND kind = $2
"""
KEPT = """
SELECT record_id AS id, outcome AS reason, detail AS message FROM import_record
WHERE import_id = $1 AND kind = $2 AND outcome IN ('changed', 'attached', 'refused') ORDER BY position LIMIT $3
"""
# Every table that names records of the kind, whichever there are: what later domains attach counts, too.
REFERRING = """
SELECT DISTINCT c.conrelid::regclass::text AS table, a.attname::text AS column
FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k(own, their)
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = k.their AND f.attname = 'id'
WHERE c.contype = 'f' AND c.confrelid = ANY (ARRAY[$1::text::regclass, $2::text::regclass])
    AND c.conrelid <> ALL (ARRAY['subject_key'::regclass, 'tagging'::regclass])
ORDER BY 1, 2
"""
UNUSED = "SELECT NOT EXISTS (SELECT 1 FROM tagging WHERE team_id = $1 AND tag_id = $2)"


class Undo:
    """An import being taken back by a member; `unit` opens a transaction that holds the job."""

    def __init__(self, id: UUID, member_id: UUID, unit: Unit, progress: Progress) -> None:
        self.id, self.member_id, self.unit, self.progress = id, member_id, unit, progress
        self.done = 0

    async def perform(self) -> None:
        """Take back record by record, in steps that are not done twice. Raises `Refused`."""
        async with self.unit():
            noun = (await loaded(self.id)).kind
        # First the records themselves, then what was made for them: companies and tags that nobody else uses.
        for kind in dict.fromkeys((noun, "company", "tag")):
            while await self._step(kind):
                pass

    async def _step(self, kind: str) -> int:
        async with self.unit():
            found = await loaded(self.id)
            by = await self._by(found)
            rows = await connection().fetch(LEFT, self.id, kind, AT_ONCE)
            busy = await _attached(kind, [row["record_id"] for row in rows if row["before"] is None])
            for row in rows:
                outcome, detail = await self._one(kind, row, bool(busy.get(row["record_id"])), by)
                await connection().execute(DONE, self.id, row["record_id"], outcome, detail)
        self.done += len(rows)
        most = max(1, found.created + found.updated)
        self.progress(min(99, 100 * self.done / most), f"{self.done:,} records")
        return len(rows)

    async def _one(self, kind: str, row: Any, busy: bool, by: Actor) -> tuple[str, str | None]:
        try:
            async with savepoint():
                if kind == "tag":
                    return await _tag(row["record_id"], by)
                return await _record(kind_named(kind), row, busy, by)
        except (AppError, asyncpg.IntegrityConstraintViolationError) as error:
            return "refused", as_app_error(error).detail

    async def _by(self, found: Import) -> Actor:
        by = await member_now(self.member_id)
        if by is None or not by.may(write_permission(found.kind)):
            raise Refused("Whoever asked for this may not do it any more.")
        return by

    async def finish(self) -> Row:
        """All is taken back that can be; gives what the job's result is."""
        found = await loaded(self.id)
        counts = await connection().fetchrow(COUNTS, self.id, found.kind)
        assert counts is not None  # an aggregate
        await found.change(state="undone", finished_at=now())
        fact = ImportUndone(member_id=found.member_id, kind=found.kind, file_name=found.file_name, **dict(counts))
        await record(fact, about=found, by=await self._by(found))
        kept = [dict(r) for r in await connection().fetch(KEPT, self.id, found.kind, MOST_NAMED)]
        return {
            "removed": counts["removed"],
            "restored": counts["restored"],
            "kept": kept,
            "kept_count": counts["kept"],
        }


async def _record(kind: Kind, row: Any, busy: bool, by: Actor) -> tuple[str, str | None]:
    visible = kind.model.visible_to(by)
    sql = f"SELECT t.* FROM {kind.model.table()} t WHERE t.id = $1 AND {visible.numbered(2)} FOR UPDATE"
    there = await connection().fetchrow(sql, row["record_id"], *visible.args)
    if there is None:
        return "gone", None
    names = set(kind.model._meta.fields_db_projection)
    found = kind.model._from_row({name: value for name, value in there.items() if name in names})
    if found.version != row["left_version"]:
        return "changed", f"The {kind.model.noun} was changed since the import."
    if row["before"] is not None:
        await _restore(kind, found, row, by)
        return "restored", None
    # What referred to it may have been taken back in this very step.
    if busy and (names := (await _attached(kind.model.noun, [found.id])).get(found.id)):
        return "attached", f"The {kind.model.noun} has something attached since: {', '.join(sorted(names))}."
    await life.drop(kind, found, by=by)
    return "removed", None


async def _restore(kind: Kind, found: Any, row: Any, by: Actor) -> None:
    before, columns = msgspec.json.decode(row["before"]), kind.model._meta.fields_map
    heard = set(await hearers(found, by))
    values = {name: columns[name].to_python_value(value) for name, value in before.items() if name in columns}
    changes, shown = await kind.gives.change(found, values)
    await life.tell_changed(kind, found, changes, shown, by=by, heard=heard)
    for tag in row["tag_ids"]:
        await tags.take_off(kind, found.id, tag, by=by)


async def _tag(id: UUID, by: Actor) -> tuple[str, str | None]:
    if not await connection().fetchval(UNUSED, by.team_id, id):
        return "attached", "The tag is on other records."
    await tags.delete(id, by=by)
    return "removed", None


async def _attached(kind: str, ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Which of these records others refer to, and in which tables; nobody can begin to until the transaction ends."""
    if kind == "tag" or not ids:
        return {}
    table = kind_named(kind).model.table()
    await connection().execute("SELECT 1 FROM subject WHERE id = ANY($1) ORDER BY id FOR UPDATE", list(ids))
    await connection().execute(f"SELECT 1 FROM {table} WHERE id = ANY($1) ORDER BY id FOR UPDATE", list(ids))
    places = await connection().fetch(REFERRING, table, "subject")
    one = "SELECT {column} AS id, '{table}' AS name FROM {table} WHERE {column} = ANY($1)"
    selects = (one.format(**place) for place in places)
    found: dict[UUID, set[str]] = {}
    for row in await connection().fetch(" UNION ".join(selects), list(ids)):
        found.setdefault(row["id"], set()).add(row["name"])
    return found
