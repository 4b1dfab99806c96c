"""Lists: filter, search, sort and keyset cursors, declared once per resource."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin
from uuid import UUID

import msgspec
from multidict import MultiMapping

from models.actors import Actor
from models.base import Condition
from models.db import connection
from models.errors import FieldError, Invalid
from server.core import cursors
from server.core.filters import Filter, Kind, Where, apply, split_key
from server.core.sorts import SortKey, with_custom
from server.core.view import Out, Row, plain

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


Asked = tuple[str, str, str]  # a filter's name, operator and text
Keys = tuple[str, ...]  # what a list is sorted by, as SQL
Found = tuple[Any, Sequence[str] | None]  # the items, and the keys of the last one where there are more
Read = Callable[["ListQuery", Keys, str, Sequence[Any]], Awaitable[Found]]
MoreFilters = Callable[[], Awaitable[Mapping[str, Filter]]]


@dataclass(slots=True)
class ListQuery:
    """A parsed request for a page."""

    filters: list[Asked] = field(default_factory=list)
    q: str = ""
    sort: tuple[tuple[str, bool], ...] = ()
    limit: int = DEFAULT_LIMIT
    cursor: tuple[str, ...] | None = None
    total: bool = False
    include: tuple[str, ...] = ()


class Listing:
    """How one resource is listed.

    `filters` are names of output fields, or `{name: Filter}` where there is more to say; `search` is the name of the
    `…_search_ids` function's table (see the migrations); `sort` are names, a leading `-` in `default` means
    descending. `more` gives filters known only at run time (custom fields), which are sorts as well; their names start
    with `custom.`.
    """

    def __init__(
        self,
        out: type[Out],
        *,
        filters: Iterable[str] | Mapping[str, Filter] = (),
        sort: Mapping[str, SortKey] | Iterable[str] = (),
        default: str = "-created_at",
        search: bool = False,
        more: MoreFilters | None = None,
    ) -> None:
        self.out, self.default, self.searchable, self.more = out, default, search, more
        given = dict(filters) if isinstance(filters, Mapping) else dict.fromkeys(filters, Filter())
        self.filters = {n: _complete_filter(out, n, f, given=f != Filter()) for n, f in given.items()}
        names = sort if isinstance(sort, Mapping) else dict.fromkeys(sort)
        self.sorts = {n: s or _sort_of(out, n) for n, s in {**names, **_default_sorts(out, default, names)}.items()}

    # ---- reading the request ----

    def parse(self, query: MultiMapping[str]) -> ListQuery:
        """The request's query. Raises `Invalid` naming every wrong parameter."""
        found, errors, seen = ListQuery(), list[FieldError](), set[str]()
        for key, text in query.items():
            if key in seen:
                errors.append(FieldError(key, "given_twice", "Give each parameter once."))
                continue
            seen.add(key)
            error = self._parse_one(found, key, text)
            if error is not None:
                errors.append(error)
        found.sort = found.sort or self._sort(self.default)
        if found.cursor is not None and not errors:
            error = self._check_cursor(found)
            errors += [error] if error else []
        if errors:  # then what is wrong with the filters is told, too, and not only when they are applied
            known = [asked for asked in found.filters if asked[0] in self.filters]
            raise Invalid(*errors, *_filtered(known, Where(), self.filters))
        return found

    def _parse_one(self, found: ListQuery, key: str, text: str) -> FieldError | None:
        match key:
            case "limit":
                if not re.fullmatch(r"\d{1,4}", text) or not 1 <= int(text) <= MAX_LIMIT:
                    return FieldError("limit", "wrong_value", f"Must be a whole number from 1 to {MAX_LIMIT}.")
                found.limit = int(text)
            case "total":
                if text not in ("true", "false"):
                    return FieldError("total", "wrong_value", "Must be true or false.")
                found.total = text == "true"
            case "q" if self.searchable:
                found.q = text[:200]
            case "cursor":
                found.cursor = cursors.decode(text)
                if found.cursor is None:
                    return FieldError("cursor", "wrong_value", "This is not a cursor of this list.")
            case "sort":
                try:
                    found.sort = self._sort(text)
                except KeyError as error:
                    known = ", ".join(sorted(self.sorts))
                    return FieldError("sort", "unknown_sort", f"{error.args[0]!r} is not one of: {known}.")
            case "include" if self.out.includes:
                return self._include(found, text)
            case _:
                return self._filter(found, key, text)
        return None

    def _include(self, found: ListQuery, text: str) -> FieldError | None:
        found.include = parse_include(text)
        if unknown := [n for n in found.include if n not in self.out.includes]:
            return FieldError("include", "unknown_relation", f"{unknown[0]!r} is not one of: {self.out.includes}.")
        return None

    def _filter(self, found: ListQuery, key: str, text: str) -> FieldError | None:
        try:
            name, operator = split_key(key)
        except ValueError:
            return FieldError(key, "unknown_parameter", "This list has no such parameter.")
        if name not in self.filters and not (self.more and name.startswith("custom.")):
            return FieldError(key, "unknown_parameter", "This list has no such filter.")
        found.filters.append((name, operator, text))
        return None

    def _sort(self, text: str) -> tuple[tuple[str, bool], ...]:
        keys = tuple((part.strip().removeprefix("-"), part.strip().startswith("-")) for part in text.split(","))
        for name, _ in keys:
            if name not in self.sorts and not (self.more and name.startswith("custom.")):
                raise KeyError(name)
        return keys

    def _check_cursor(self, found: ListQuery) -> FieldError | None:
        assert found.cursor is not None
        if found.cursor[0] != cursors.sort_text(found.sort) or len(found.cursor) != len(found.sort) + 2:
            return FieldError("cursor", "wrong_value", "This cursor belongs to another sort.")
        for value, (name, _) in zip(found.cursor[1:], [*found.sort, ("id", False)], strict=True):
            known = SortKey("t.id", "uuid") if name == "id" else self.sorts.get(name)
            if known is not None and not cursors.fits(value, known.kind):
                return FieldError("cursor", "wrong_value", "This is not a cursor of this list.")
        return None

    # ---- answering it ----

    async def page(self, query: ListQuery, by: Actor, *, where: Condition | None = None) -> Row:
        """`{items, next_cursor}` and, where asked for, `total`: of the rows this actor may see, and `where` allows.

        The items are rows, for a caller that adds to them; see `shown`.
        """
        return await self._answer(query, by, where, self._rows)

    async def shown(self, query: ListQuery, by: Actor, *, where: Condition | None = None) -> Row:
        """The same, the items as the JSON that PostgreSQL made of them."""
        return await self._answer(query, by, where, self._texts)

    async def check(self, query: ListQuery) -> None:
        """Raise `Invalid` for what only the team's own fields can tell to be wrong."""
        more = await self._more(query)
        with_custom(self.sorts, more, query.sort, query.cursor)
        self._apply_filters(query, Where(), {**self.filters, **more})

    async def _answer(self, query: ListQuery, by: Actor, where: Condition | None, read: Read) -> Row:
        conditions = Where()
        for condition in (self.out.model.visible_to(by), where):
            if condition is not None:
                conditions.parts.append(condition.numbered(len(conditions.args) + 1))
                conditions.args.extend(condition.args)
        more = await self._more(query)
        sorts = with_custom(self.sorts, more, query.sort, query.cursor)
        self._apply_filters(query, conditions, {**self.filters, **more})
        total = None
        if query.total:
            sql = f"SELECT count(*) FROM {self.out.model.table()} t WHERE {conditions.sql}"
            total = await connection().fetchval(sql, *conditions.args)
        items, cursor = await self._fetch(query, conditions, read, sorts)
        answer: Row = {"items": items, "next_cursor": cursor}
        return answer if total is None else answer | {"total": total}

    async def _rows(self, query: ListQuery, keys: Keys, tail: str, args: Sequence[Any]) -> Found:
        marks = ", ".join(f"({sql})::text AS _k{i}" for i, sql in enumerate(keys))
        sql = f"SELECT {marks}, {self.out.selecting(query.include)} FROM {self.out.model.table()} t {tail}"
        records = await connection().fetch(sql, *args)
        rows = [self.out.row(record) for record in records[: query.limit]]
        last: list[str] = []
        for row in rows:
            last = [row.pop(f"_k{i}") for i in range(len(keys))]
        return rows, last if len(records) > query.limit else None

    async def _texts(self, query: ListQuery, keys: Keys, tail: str, args: Sequence[Any]) -> Found:
        sql = _page_sql(self.out, query.include, keys, tail, query.limit)
        [(count, texts, *last)] = await connection().fetch(sql, *args)
        return msgspec.Raw(texts.encode()), last if count > query.limit else None

    async def _more(self, query: ListQuery) -> Mapping[str, Filter]:
        """What is known only at run time, if the request asks for any of it."""
        asked = [n for n, _, _ in query.filters] + [n for n, _ in query.sort]
        return await self.more() if self.more and any(n.startswith("custom.") for n in asked) else {}

    def _apply_filters(self, query: ListQuery, conditions: Where, filters: Mapping[str, Filter]) -> None:
        if errors := _filtered(query.filters, conditions, filters):
            raise Invalid(*errors)
        if query.q.strip():
            self._search(query.q, conditions)

    def _search(self, q: str, conditions: Where) -> None:
        # The words are folded and split by the database itself, so that a query and a text are cut alike.
        mark = conditions.mark(q)
        conditions.parts.append(f"t.id IN (SELECT {self.out.model.table()}_search_ids({mark}))")

    async def _fetch(
        self, query: ListQuery, conditions: Where, read: Read, sorts: Mapping[str, SortKey]
    ) -> tuple[Any, str | None]:
        keys = [(sorts[n].expression(down), sorts[n].kind, down) for n, down in query.sort]
        keys.append(("t.id", "uuid", keys[-1][2]))
        if query.cursor is not None:
            conditions.parts.append(cursors.after(keys, query.cursor[1:], conditions))
        order = ", ".join(f"{sql} {'DESC' if down else 'ASC'}" for sql, _, down in keys)
        tail = f"WHERE {conditions.sql} ORDER BY {order} LIMIT {query.limit + 1}"
        items, last = await read(query, tuple(sql for sql, _, _ in keys), tail, conditions.args)
        return items, None if last is None else cursors.encode([cursors.sort_text(query.sort), *last])


def _filtered(asked: Iterable[Asked], conditions: Where, filters: Mapping[str, Filter]) -> list[FieldError]:
    """Add what is asked for to the conditions; gives what is wrong with it."""
    errors: list[FieldError] = []
    for name, operator, text in asked:
        if name not in filters:
            errors.append(FieldError(name, "unknown_parameter", "This list has no such filter."))
        elif error := apply(conditions, name, filters[name], operator, text):
            errors.append(error)
    return errors


@lru_cache(maxsize=1024)
def _page_sql(out: type[Out], include: tuple[str, ...], keys: Keys, tail: str, limit: int) -> str:
    """One row: how many records there are, up to one beyond the page, the page as a JSON array, the keys of its last
    record. PostgreSQL sends what is in one row at once, and rows one after the other."""
    marks = ", ".join(f"({sql})::text AS _k{i}" for i, sql in enumerate(keys))
    lasts = ", ".join(f"max(_k{i}) FILTER (WHERE _n = {limit})" for i in range(len(keys)))
    return f"""
        SELECT count(*), '[' || coalesce(string_agg(_item, ',' ORDER BY _n) FILTER (WHERE _n <= {limit}), '') || ']',
            {lasts}
        FROM (SELECT row_number() OVER () AS _n, found.* FROM (
            SELECT {marks}, row_to_json(shown)::text AS _item
            FROM {out.model.table()} t, {out.as_json(include)} {tail}
        ) AS found) AS numbered
    """


def parse_include(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


# ---- what an output schema says of its fields ----


KINDS: dict[Any, Kind] = {UUID: "uuid", int: "int", Decimal: "numeric", bool: "bool", date: "date", datetime: "time"}


def _kind(out: type[Out], name: str) -> tuple[Kind, bool, tuple[str, ...]]:
    kind, nullable = plain(out.model_fields[name].annotation)
    if get_origin(kind) is Literal:
        return "text", nullable, tuple(get_args(kind))
    if out.sources[name].currency:
        return "int", nullable, ()
    return KINDS.get(kind, "text"), nullable, ()


def _complete_filter(out: type[Out], name: str, found: Filter, *, given: bool) -> Filter:
    if given:
        return found if found.sql or found.holds else replace(found, sql=out.sources[name].sql)
    kind, nullable, choices = _kind(out, name)
    return Filter(kind, out.sources[name].sql, choices, nullable=nullable)


def _sort_of(out: type[Out], name: str) -> SortKey:
    kind, nullable, _ = _kind(out, name)
    sql = f"({out.sources[name].sql})::int" if kind == "bool" else out.sources[name].sql
    return SortKey(sql, "int" if kind == "bool" else kind, nullable)


def _default_sorts(out: type[Out], default: str, given: Iterable[str]) -> dict[str, None]:
    names = [part.strip().lstrip("-") for part in default.split(",")]
    return dict.fromkeys(n for n in names if n not in given)
