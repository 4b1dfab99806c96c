"""Output schemas that read themselves: the SQL of a shape is built once, its rows go to JSON without model objects."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, get_args, get_origin
from uuid import UUID

import asyncpg
import msgspec
from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from tortoise import fields

from models.actors import Actor
from models.base import Condition, Record, Versioned
from models.db import connection
from models.errors import NotFound
from models.money import from_minor, in_units

Row = dict[str, Any]
ALL = Condition("true")
# As `msgspec` writes a datetime: microseconds only where there are any.
TIME = """replace(to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '.000000Z', 'Z')"""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field of an output schema comes from.

    `sql` is an expression over the alias `t`; `json` says that it is `jsonb`; `currency` that it is an amount in
    minor units whose currency is in that column; `optional` that it is read only when `?include=` asks for it.
    """

    sql: str
    json: bool = False
    currency: str = ""
    optional: bool = False


def column(sql: str, *, json: bool = False) -> Column:
    """A computed field."""
    return Column(sql, json=json)


def money(name: str, currency: str = "currency") -> Column:
    """A decimal string, from the column `name` in minor units."""
    return Column(f"t.{name}", currency=currency)


def included(sql: str) -> Column:
    """A relation, as `jsonb`, expanded only when `?include=` names it."""
    return Column(sql, json=True, optional=True)


@dataclass(slots=True)
class Shown:
    """A record as the JSON that PostgreSQL made of it: for answers that nothing is added to."""

    version: int | None
    json: bytes
    id: UUID | None = None  # where it is known without a look into the JSON

    def row(self) -> Row:
        """The record as decoded JSON: ids and times are text."""
        return msgspec.json.decode(self.json)


class Out(BaseModel):
    """What REST shows of a record. Subclass with `of=` the model: each field is a column of it, or says its SQL."""

    model_config = ConfigDict(from_attributes=True)

    model: ClassVar[type[Versioned]]
    sources: ClassVar[dict[str, Column]]
    includes: ClassVar[tuple[str, ...]] = ()
    texts: ClassVar[tuple[str, ...]] = ()
    monies: ClassVar[tuple[tuple[str, str], ...]] = ()
    select: ClassVar[str]
    select_json: ClassVar[str]
    counts_versions: ClassVar[bool]
    select_text: ClassVar[str]  # one expression: the record as the text of a JSON object
    # SQL over `t`: whether all that REST shows has been so since the record got its version. What is computed from
    # other records may change without a new version; who holds that version is then sent it anew, and not 304.
    settled: ClassVar[str] = "true"

    def __init_subclass__(cls, of: type[Versioned] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)  # pydantic hands `of` to both; `object` takes none

    @classmethod
    def __pydantic_init_subclass__(cls, of: type[Versioned] | None = None, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if of is None:
            return
        cls.model = of
        cls.counts_versions = "version" in cls.model_fields
        cls.sources = {name: _column_of(cls, of, name) for name in cls.model_fields}
        cls.includes = tuple(n for n, c in cls.sources.items() if c.optional)
        cls.texts = tuple(n for n, c in cls.sources.items() if c.json)
        cls.monies = tuple((n, c.currency) for n, c in cls.sources.items() if c.currency)
        cls.select = ", ".join(f"{c.sql} AS {n}" for n, c in cls.sources.items() if not c.optional)
        cls.select_json = ", ".join(f"{_json_of(cls, n)} AS {n}" for n, c in cls.sources.items() if not c.optional)
        cls.select_text = f"(SELECT row_to_json(shown)::text FROM (SELECT {cls.select_json}) AS shown)"

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """As documented: relations are there only when asked for, amounts are decimal strings."""
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        columns = cls.__dict__.get("sources", {})
        schema["required"] = [n for n in schema.get("required", ()) if n not in cls.includes]
        for name, found in columns.items():
            if found.currency:
                schema["properties"][name]["description"] = f"An amount in `{found.currency}`, as a decimal string."
        return reference

    @classmethod
    def selecting(cls, include: Iterable[str] = ()) -> str:
        """The select list, with the relations asked for."""
        return ", ".join([cls.select, *(f"{cls.sources[n].sql} AS {n}" for n in include)])

    @classmethod
    def as_json(cls, include: Iterable[str] = ()) -> str:
        """The same as one JSON object, its keys in the same order: an item of a FROM list beside `t`, named `shown`."""
        columns = ", ".join([cls.select_json, *(f"{cls.sources[n].sql} AS {n}" for n in include)])
        return f"LATERAL (SELECT {columns}) AS shown"

    @classmethod
    def row(cls, record: asyncpg.Record) -> Row:
        """A row as it goes to JSON: `jsonb` stays text, amounts become decimal strings."""
        row = dict(record)
        for name in cls.texts:
            if (text := row.get(name)) is not None:
                row[name] = msgspec.Raw(text.encode())
        for name, currency in cls.monies:
            if (minor := row.get(name)) is not None:
                row[name] = from_minor(minor, row[currency])
        return row

    @classmethod
    async def one(cls, by: Actor, id: UUID, include: Sequence[str] = ()) -> Row:
        """The record as REST shows it. Raises `NotFound` if the actor cannot see it."""
        visible = cls.model.visible_to(by)
        sql = f"SELECT {cls.selecting(include)} FROM {cls.model.table()} t WHERE t.id = $1 AND {visible.numbered(2)}"
        found = await connection().fetchrow(sql, id, *visible.args)
        if found is None:
            raise NotFound(f"There is no such {cls.model.noun}.")
        return cls.row(found)

    @classmethod
    async def shown(cls, by: Actor, id: UUID, include: Sequence[str] = ()) -> Shown:
        """The record as the JSON of an answer. Raises `NotFound` if the actor cannot see it."""
        return await cls._shown(id, cls.model.visible_to(by), include)

    @classmethod
    async def _shown(cls, id: UUID, where: Condition, include: Sequence[str] = ()) -> Shown:
        sql = _shown_sql(cls, tuple(include), where.numbered(2))
        found = await connection().fetchrow(sql, id, *where.args)
        if found is None:
            raise NotFound(f"There is no such {cls.model.noun}.")
        return cls.as_shown(found[0], found[1])

    @classmethod
    def as_shown(cls, version: int, text: str, id: UUID | None = None) -> Shown:
        """A record whose `text` was read."""
        return Shown(version if cls.counts_versions else None, text.encode(), id)

    @classmethod
    async def of(cls, record: Any) -> Row:
        """A record that the caller already holds, as REST shows it now."""
        sql = f"SELECT {cls.select} FROM {cls.model.table()} t WHERE t.id = $1"
        found = await connection().fetchrow(sql, record.id)
        if found is None:
            raise NotFound(f"There is no such {cls.model.noun}.")
        return cls.row(found)

    @classmethod
    async def is_settled(cls, row: Row) -> bool:
        """Whether every answer with this version of the record has been the same, and still is."""
        if cls.settled == "true":
            return True
        sql = f"SELECT {cls.settled} FROM {cls.model.table()} t WHERE t.id = $1 AND t.version = $2"
        return bool(await connection().fetchval(sql, row["id"], row["version"]))

    @classmethod
    async def add(cls, by: Actor, **values: Any) -> tuple[Any, Row]:
        """Insert a record of the actor's team; gives it, and as REST shows it, in one trip."""
        assert issubclass(cls.model, Record)  # what is no team's is made in other ways
        made, row = await cls.model.insert(by, values, cls.select)
        return made, cls.row(row)

    @classmethod
    async def change(cls, record: Any, values: Row, *, touch: bool = False) -> tuple[dict[str, list[Any]], Row]:
        """Write what differs (with `touch` count a change even if nothing does); gives the differences, and the record
        as REST shows it now, in one trip."""
        changes = record.differing(values)
        if not changes and not touch:
            return changes, await cls.of(record)
        return changes, cls.row(await record.write({n: new for n, (_, new) in changes.items()}, cls.select))

    @classmethod
    async def alter(cls, by: Actor, id: UUID, values: Row) -> tuple[Any, dict[str, list[Any]], Shown]:
        """Lock the record and write what differs of values that need no look at it before; gives the record, the
        differences, and the record as the JSON of an answer, in one trip.

        Raises like `Versioned.locked`.
        """
        if not values:
            return await cls.model.locked(by, id=id), {}, await cls._shown(id, ALL)
        record, changes, text = await cls.model.alter(by, id, values, cls.select_text)
        shown = cls.as_shown(record.version, text) if text is not None else await cls._shown(id, ALL)
        return record, changes, shown

    @classmethod
    async def many(cls, where: Condition, *, order: str = "t.id", include: Sequence[str] = ()) -> list[Row]:
        """All rows that the condition names, for short lists that have no pages."""
        sql = f"SELECT {cls.selecting(include)} FROM {cls.model.table()} t WHERE {where.numbered(1)} ORDER BY {order}"
        return [cls.row(r) for r in await connection().fetch(sql, *where.args)]

    @classmethod
    def text_of(cls, name: str, row: str = "t") -> str:
        """SQL for the JSON of one field, of this row."""
        json = f"to_json({_json_of(cls, name)})"
        return f"coalesce({json if row == 't' else f'(SELECT {json} FROM (SELECT {row}.*) AS t)'}::text, 'null')"

    @classmethod
    def present(cls, changes: dict[str, list[Any]], record: Any) -> dict[str, list[Any]]:
        """Column changes as REST shows the fields; columns that REST does not show are left out."""
        shown: dict[str, list[Any]] = {}
        for name, pair in changes.items():
            col = cls.sources.get(name)
            if col is None and name not in cls.model_fields:
                continue
            if col is not None and col.currency:
                # When the currency changed as well, the old amount was in the old one.
                units = changes.get(col.currency, [getattr(record, col.currency)] * 2)
                pair = [v if v is None else from_minor(v, unit) for v, unit in zip(pair, units, strict=True)]
            shown[name] = pair
        return shown


@lru_cache(maxsize=1024)
def _shown_sql(cls: type[Out], include: tuple[str, ...], where: str) -> str:
    return (
        f"SELECT t.version, row_to_json(shown)::text FROM {cls.model.table()} t, {cls.as_json(include)} "
        f"WHERE t.id = $1 AND {where}"
    )


def _column_of(cls: type[Out], model: type[Versioned], name: str) -> Column:
    for marker in cls.model_fields[name].metadata:
        if isinstance(marker, Column):
            return marker
    field = model._meta.fields_map.get(name)
    if field is None:
        raise TypeError(f"{cls.__name__}.{name}: {model.__name__} has no such column, and no SQL is given")
    return Column(f"t.{name}", json=isinstance(field, fields.JSONField))


def _json_of(cls: type[Out], name: str) -> str:
    """The column as SQL whose JSON is what `row` and `msgspec` would make of it."""
    source, kind = cls.sources[name], plain(cls.model_fields[name].annotation)[0]
    if source.currency:
        return in_units(source.sql, f"t.{source.currency}")
    if kind is datetime:
        return TIME.format(f"({source.sql})")
    return f"({source.sql})::text" if kind is Decimal else source.sql


def plain(annotation: Any) -> tuple[Any, bool]:
    """The type under `X | None` and `Annotated`, and whether it may be missing."""
    if get_origin(annotation) in (typing.Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        return plain(inner[0])[0], len(inner) < len(get_args(annotation))
    if get_origin(annotation) is typing.Annotated:
        return plain(get_args(annotation)[0])
    return annotation, False


def as_json(row: Row, *names: str) -> Row:
    """The same row with its `jsonb` columns passed through as they are."""
    return row | {n: msgspec.Raw(row[n].encode()) for n in names if row[n] is not None}
