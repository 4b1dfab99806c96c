"""Versioned rows and, of them, a team's records: the few ways to read them for writing and to change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, Self
from uuid import UUID

import asyncpg
import msgspec
from tortoise import fields
from tortoise.models import Model

from models.actors import Actor
from models.clock import now
from models.db import connection, current_work, to_json
from models.errors import NotFound, PreconditionFailed
from models.ids import uuid7


@dataclass(slots=True)
class Condition:
    """A piece of SQL over the alias `t`, with `{0}`, `{1}` … where its own arguments go."""

    sql: str
    args: tuple[Any, ...] = ()

    def numbered(self, start: int) -> str:
        """The SQL with its arguments numbered from `$start`."""
        return _numbered(self.sql, len(self.args), start)


@lru_cache(maxsize=4096)
def _numbered(sql: str, count: int, start: int) -> str:
    return sql.format(*(f"${start + i}" for i in range(count)))


class Versioned(Model):
    """A row that counts its changes, and says itself who may see it."""

    noun: ClassVar[str] = "record"
    mergeable: ClassVar[bool] = False
    row_lock: ClassVar[str] = "UPDATE"

    id = fields.UUIDField(primary_key=True, default=uuid7)
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        abstract = True

    @classmethod
    def table(cls) -> str:
        return cls._meta.db_table

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        """The only door to rows: what this actor may read, as SQL over `t`."""
        raise NotImplementedError  # a model that forgets to say who sees it shows nothing, loudly

    @classmethod
    async def locked(cls, by: Actor, *, id: UUID) -> Self:
        """The row, locked for change until the unit of work ends.

        Raises `NotFound` if the actor cannot see it, `PreconditionFailed` if the request's `If-Match` names
        another version of it.
        """
        record = await cls._fetch(by, id, f" FOR {cls.row_lock} OF t")
        if current_work().target == id:
            record.expect()
        return record

    def expect(self) -> None:
        """Raise `PreconditionFailed` if the request's `If-Match` names another version than this."""
        wanted = current_work().if_match
        if wanted is not None and self.version not in wanted:
            raise PreconditionFailed(f"The {self.noun} is at version {self.version} now; load it again.")

    @classmethod
    async def get_visible(cls, by: Actor, *, id: UUID) -> Self:
        """The row, to read. Raises `NotFound` if the actor cannot see it."""
        return await cls._fetch(by, id, "")

    @classmethod
    async def is_visible(cls, by: Actor, id: UUID) -> bool:
        """Whether there is such a record that the actor may see."""
        visible = cls.visible_to(by)
        sql = f"SELECT EXISTS (SELECT 1 FROM {cls.table()} t WHERE t.id = $1 AND {visible.numbered(2)})"
        return bool(await connection().fetchval(sql, id, *visible.args))

    @classmethod
    async def _fetch(cls, by: Actor, id: UUID, suffix: str) -> Self:
        visible = cls.visible_to(by)
        sql = f"SELECT {columns(cls)} FROM {cls.table()} t WHERE t.id = $1 AND {visible.numbered(2)}{suffix}"
        row = await connection().fetchrow(sql, id, *visible.args)
        if row is None:
            raise NotFound(f"There is no such {cls.noun}.")
        return cls._from_row(row)

    @classmethod
    def _from_row(cls, row: Any) -> Self:
        """The row as an object; asyncpg has made its values already, but for `jsonb`, which it gives as text."""
        values = dict(row)
        for name in _json_columns(cls):
            if isinstance(text := values[name], str):
                values[name] = msgspec.json.decode(text)
        made = cls.__new__(cls)
        vars(made).update(_saved(cls), _await_when_save={}, **values)
        return made

    @classmethod
    async def successor(cls, by: Actor, id: UUID) -> UUID | None:
        """The id under which a record goes on that was merged into one that the actor may see."""
        return None

    async def change(self, **values: Any) -> dict[str, list[Any]]:
        """Write what differs, and give it as `{field: [old, new]}`; nothing is written when nothing differs."""
        changes = self.differing(values)
        if changes:
            await self.write({n: new for n, (_, new) in changes.items()})
        return changes

    def differing(self, values: dict[str, Any]) -> dict[str, list[Any]]:
        """Of these values those that the row does not have, as `{field: [old, new]}`."""
        return {n: [getattr(self, n), v] for n, v in values.items() if getattr(self, n) != v}

    async def touch(self) -> None:
        """Count a change that lies in other tables (assignees, tags): one version on."""
        await self.write({})

    async def write(self, values: dict[str, Any], shape: str = "t.version") -> asyncpg.Record:
        """Write these values, one version on; gives what the `shape` (a select list over `t`) says of the row."""
        cls, names, at = type(self), tuple(values), now()
        arguments = (to_db(cls, n, values[n]) for n in names)
        row = await connection().fetchrow(_update_sql(cls, names, shape), self.id, at, *arguments)
        if row is None:
            raise NotFound(f"There is no such {cls.noun}.")
        vars(self).update(values, version=self.version + 1, updated_at=at)
        return row

    @classmethod
    async def alter(
        cls, by: Actor, id: UUID, values: dict[str, Any], shape: str
    ) -> tuple[Self, dict[str, list[Any]], Any]:
        """Lock the row, compare it with these values (none of them `jsonb`) and write what differs, in one trip; gives
        the row, the differences, and what the `shape` (one expression over `t`, never null) says of it.

        The shape gives None where it has to be asked for again: nothing differed, or the row had to be waited for, and
        the statement sees other tables as they were before. Raises like `locked`.
        """
        visible, names, at = cls.visible_to(by), tuple(values), now()
        sql = _alter_sql(cls, names, visible.numbered(len(names) + 3), shape)
        given = [to_db(cls, n, values[n]) for n in names]
        found = await connection().fetchrow(sql, id, at, *given, *visible.args)
        if found is None:
            raise NotFound(f"There is no such {cls.noun}.")
        *held, seen, written, shown = found.values()
        record = cls._from_row(zip(found.keys(), held, strict=False))
        if current_work().target == id:
            record.expect()
        if not written:
            return record, {}, None
        changes = record.differing(values)
        is_settled = record.version == seen
        vars(record).update(values, version=record.version + 1, updated_at=at)
        return record, changes, shown if is_settled else None

    async def remove(self) -> None:
        """Delete the row; what hangs on it goes with it, as the foreign keys say."""
        await connection().execute(f"DELETE FROM {self.table()} WHERE id = $1", self.id)


class Record(Versioned):
    """A row of one team. `team_id` is never taken from a request, only from the actor."""

    # The column that holds the project the row belongs to; None: every member of the team may see the row.
    project_column: ClassVar[str | None] = None

    team_id = fields.UUIDField()

    class Meta:
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        """The only door to rows: what this actor may read, as SQL over `t`."""
        if cls.project_column is None or not actor.scoped:
            return Condition("t.team_id = {0}", (actor.team_id,))
        return Condition(
            "t.team_id = {0} AND EXISTS (SELECT 1 FROM project_member pm WHERE pm.team_id = t.team_id "
            f"AND pm.project_id = t.{cls.project_column} AND pm.user_id = {{1}})",
            (actor.team_id, actor.id),
        )

    @classmethod
    async def naming(cls, column: str, id: UUID, *, team_id: UUID) -> list[Self]:
        """All rows of the team that name this id there, locked: for who changes the name, whoever may see the rows."""
        sql = f"SELECT {columns(cls)} FROM {cls.table()} t WHERE team_id = $1 AND {column} = $2 ORDER BY id FOR UPDATE"
        return [cls._from_row(row) for row in await connection().fetch(sql, team_id, id)]

    @classmethod
    async def add(cls, by: Actor, **values: Any) -> Self:
        """Insert a row of the actor's team."""
        made, _ = await cls.insert(by, values)
        return made

    @classmethod
    async def insert(cls, by: Actor, values: dict[str, Any], shape: str = "t.id") -> tuple[Self, asyncpg.Record]:
        """The same, giving also what the `shape` (a select list over `t`) says of the new row."""
        at = now()
        values = {"id": uuid7(), "team_id": by.team_id, "created_at": at, "updated_at": at} | values
        names = tuple(values)
        sql = _insert_sql(cls, names, shape)
        row = await connection().fetchrow(sql, *(to_db(cls, n, values[n]) for n in names))
        assert row is not None  # an insert that fails raises
        return cls._from_row(_defaults(cls) | values), row

    @classmethod
    async def insert_all(cls, by: Actor, many: Sequence[dict[str, Any]]) -> list[Self]:
        """Insert many rows of the actor's team by one statement; all name the same columns."""
        at = now()
        common = {"team_id": by.team_id, "created_at": at, "updated_at": at}
        rows = [{"id": uuid7()} | values | common for values in many]
        if rows:
            table, names = cls.table(), ", ".join(rows[0])
            given = f"jsonb_populate_recordset(NULL::{table}, $1)"
            await connection().execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {given}", to_json(rows))
        return [cls._from_row(_defaults(cls) | row) for row in rows]


def to_db(cls: type[Versioned], name: str, value: Any) -> Any:
    return to_json(value) if name in _json_columns(cls) and value is not None else value


def all_to_db(cls: type[Versioned], values: dict[str, Any]) -> list[Any]:
    """The values as arguments of a statement."""
    json = _json_columns(cls)
    return [to_json(v) if n in json and v is not None else v for n, v in values.items()]


@lru_cache(maxsize=256)
def _json_columns(cls: type[Versioned]) -> frozenset[str]:
    return frozenset(name for name, field in cls._meta.fields_map.items() if isinstance(field, fields.JSONField))


@lru_cache(maxsize=256)
def _saved(cls: type[Versioned]) -> dict[str, Any]:
    """What Tortoise keeps in an object of a row that there is."""
    return {"_partial": False, "_saved_in_db": True, "_custom_generated_pk": True}


@lru_cache(maxsize=256)
def columns(cls: type[Versioned]) -> str:
    """The model's own columns; the table may have more that are only searched or sorted by."""
    return ", ".join(f"t.{name}" for name in cls._meta.fields_db_projection.values())


def _defaults(cls: type[Versioned]) -> dict[str, Any]:
    return {n: f.default() if callable(f.default) else f.default for n, f in cls._meta.fields_map.items()}


@lru_cache(maxsize=2048)
def _insert_sql(cls: type[Versioned], names: tuple[str, ...], shape: str) -> str:
    marks = ", ".join(f"${i + 1}" for i in range(len(names)))
    return f"INSERT INTO {cls.table()} AS t ({', '.join(names)}) VALUES ({marks}) RETURNING {shape}"


@lru_cache(maxsize=2048)
def _update_sql(cls: type[Versioned], names: tuple[str, ...], shape: str) -> str:
    sets = "".join(f", {n} = ${i + 3}" for i, n in enumerate(names))
    return f"UPDATE {cls.table()} t SET version = version + 1, updated_at = $2{sets} WHERE id = $1 RETURNING {shape}"


@lru_cache(maxsize=2048)
def _alter_sql(cls: type[Versioned], names: tuple[str, ...], visible: str, shape: str) -> str:
    """`old` waits for the row and has it as it is then; `seen` is its version when the statement began."""
    sets = "".join(f", {n} = ${i + 3}" for i, n in enumerate(names))
    differs = " OR ".join(f"old.{n} IS DISTINCT FROM ${i + 3}" for i, n in enumerate(names))
    return f"""
        WITH old AS (
            SELECT {columns(cls)} FROM {cls.table()} t WHERE t.id = $1 AND {visible} FOR {cls.row_lock} OF t
        ), new AS (
            UPDATE {cls.table()} t SET version = t.version + 1, updated_at = $2{sets} FROM old
            WHERE t.id = old.id AND ({differs}) RETURNING {shape} AS shown
        )
        SELECT old.*, (SELECT t.version FROM {cls.table()} t WHERE t.id = $1) AS seen,
            new.shown IS NOT NULL AS written, new.shown FROM old LEFT JOIN new ON true
    """
