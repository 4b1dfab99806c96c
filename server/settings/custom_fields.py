"""The values of a team's own fields: checked when they are written, hidden once their field is deleted, filtered by.

For a domain that has a `custom` column: `check` before it writes, `shown` as the SQL of the output field, `settled` as
that of the output, and `Listing(more=partial(filters, "task"))`. Deleting a field keeps the values that records hold,
but from then on nobody sees them, writes them or filters by them; a new field with the same key and type brings them
back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from models.actors import Actor
from models.db import connection
from models.errors import FieldError, Invalid
from models.money import from_minor, to_minor
from server.core.filters import Filter
from server.core.pipeline import message, statement
from server.core.unit import current

MAX_TEXT = 5_000
MAX_URL = 2_000
MAX_NUMBER = 10**15
AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")  # `Decimal` reads "1e5", "1_0" and the digits of all scripts, too
FIELDS = """
SELECT key, label, type, options, currency, required FROM custom_field WHERE entity = $1 AND deleted_at IS NULL
ORDER BY position, key
"""

statement("mf_none_required", "SELECT FROM none_required($1) AS none WHERE none IS NULL")


@cache
def _none_required(entity: str) -> bytes:
    return message("mf_none_required", entity)


@dataclass(frozen=True, slots=True)
class Field:
    """A custom field, as far as its values are concerned."""

    key: str
    label: str
    type: str
    options: list[str]
    currency: str | None
    required: bool


class Wrong(ValueError):
    """A value that its field does not take: a code for programs, a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


async def fields_of(entity: str) -> dict[str, Field]:
    """The team's fields on this kind of record, by key. The wall between teams picks the team."""
    return {r["key"]: Field(**dict(r)) for r in await connection().fetch(FIELDS, entity)}


async def check(
    entity: str,
    values: dict[str, Any],
    by: Actor,
    *,
    existing: Mapping[str, Any] | None = None,
    replace: bool = False,
    known: Mapping[str, Field] | None = None,
) -> dict[str, Any]:
    """The whole of `custom` to store, normalised; raises `Invalid` naming `custom.<key>` for every wrong value.

    Without `existing` the record is new and must have all required fields. With it, a key that is not sent stays as
    it is (unless the caller would `replace` them all), null empties one, a value that is sent as it was stored is let
    through although its field has changed since, and the values of deleted fields stay stored. Who checks many records
    reads the fields once and says which are `known`.
    """
    if existing is None and known is None and not values and (unit := current()).hopeful:
        unit.conn.put_ahead(_none_required(entity))  # and nearly always none is: it is not worth a trip
        return {}
    known, stored = await fields_of(entity) if known is None else known, dict(existing or {})
    kept = {k: v for k, v in stored.items() if k not in known or not replace}
    errors: list[FieldError] = []
    for key, value in values.items():
        try:
            kept[key] = value if key in known and _same(value, stored.get(key)) else _checked(known.get(key), value)
        except Wrong as wrong:
            errors.append(FieldError(f"custom.{key}", wrong.code, str(wrong)))
    errors += _missing(known, kept, values, new=existing is None, replace=replace)
    if errors:
        raise Invalid(*errors)
    return {k: v for k, v in kept.items() if v is not None}


def _same(value: Any, stored: Any) -> bool:
    # To Python true is 1; a number that was stored as true could never be filtered by again.
    return value == stored and type(value) is type(stored)


def _missing(
    known: Mapping[str, Field], kept: dict[str, Any], sent: dict[str, Any], *, new: bool, replace: bool
) -> list[FieldError]:
    """The required fields that would be empty; one that was made later than the record may stay so until it is sent."""
    empty = [k for k, f in known.items() if f.required and kept.get(k) in (None, "", [])]
    return [FieldError(f"custom.{k}", "required", "Is required.") for k in empty if new or replace or k in sent]


async def filters(entity: str) -> Mapping[str, Filter]:
    """What lists of this kind of record can be filtered by: `custom.<key>`, typed as the field is."""
    return {f"custom.{key}": _filter(found) for key, found in (await fields_of(entity)).items()}


def shown(entity: str) -> str:
    """SQL over `t`: the record's values of the fields that there are now."""
    return (
        "CASE WHEN t.custom = '{}' THEN t.custom ELSE (SELECT coalesce(jsonb_object_agg(e.key, e.value), '{}') "
        "FROM jsonb_each(t.custom) e JOIN custom_field f ON f.team_id = t.team_id "
        f"AND f.entity = '{entity}' AND f.key = e.key AND f.deleted_at IS NULL) END"
    )


def settled(entity: str) -> str:
    """SQL over `t`: whether `shown` has given the same since the record got its version (see `Out.settled`).

    The minute is longer than a transaction lives: one that took a field away may have begun before the record's change
    and yet be committed after it.
    """
    return (
        "(t.custom = '{}' OR NOT EXISTS (SELECT 1 FROM custom_field f WHERE f.team_id = t.team_id "
        f"AND f.entity = '{entity}' AND f.updated_at > t.updated_at - interval '1 minute'))"
    )


# ---- values ----


def _checked(found: Field | None, value: Any) -> Any:
    if found is None:
        raise Wrong("unknown_field", "The team has no such field.")
    return None if value is None else CHECKS[found.type](found, value)


def _line(value: Any, longest: int) -> str:
    if not isinstance(value, str):
        raise Wrong("not_text", "Must be a text.")
    if len(value) > longest:
        raise Wrong("too_long", f"At most {longest} characters.")
    return value.strip()


def _text(_: Field, value: Any) -> str:
    return _line(value, MAX_TEXT)


def _number(_: Field, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong("not_a_number", "Must be a number.")
    if not math.isfinite(value) or abs(value) > MAX_NUMBER:
        raise Wrong("too_large", f"Must lie between -{MAX_NUMBER} and {MAX_NUMBER}.")
    return value


def _money(found: Field, value: Any) -> str:
    currency = str(found.currency)
    if not isinstance(value, str) or not AMOUNT.fullmatch(value.strip()):
        raise Wrong("wrong_amount", 'Must be a decimal string, such as "12.50".')
    try:
        return from_minor(to_minor(value.strip(), currency), currency)
    except ValueError as error:
        raise Wrong("wrong_amount", f"The amount {error}.") from None


def _date(_: Field, value: Any) -> str:
    try:
        if not isinstance(value, str) or len(value) != len("2026-11-21"):
            raise ValueError
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise Wrong("not_a_date", "Must be a date (YYYY-MM-DD).") from None


def _select(found: Field, value: Any) -> str:
    if not isinstance(value, str) or value not in found.options:
        raise Wrong("not_allowed", f"Must be one of: {', '.join(found.options)}.")
    return value


def _multi_select(found: Field, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Wrong("not_a_list", "Must be a list.")
    chosen = {_select(found, v) for v in value}
    return [option for option in found.options if option in chosen]


def _url(_: Field, value: Any) -> str:
    text = _line(value, MAX_URL)
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not any(c.isspace() for c in text)
    except ValueError:
        good = False
    if not good:
        raise Wrong("not_a_url", "Must be an address that begins with https:// or http://.")
    return text


def _boolean(_: Field, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Wrong("not_a_boolean", "Must be true or false.")
    return value


CHECKS: dict[str, Callable[[Field, Any], Any]] = {
    "text": _text,
    "number": _number,
    "money": _money,
    "date": _date,
    "select": _select,
    "multi_select": _multi_select,
    "url": _url,
    "boolean": _boolean,
}


def _filter(found: Field) -> Filter:
    # The key is a slug by a constraint of the table, so that it can stand in SQL as it is.
    value, text = f"t.custom->'{found.key}'", f"t.custom->>'{found.key}'"
    match found.type:
        case "number" | "money":
            return Filter("numeric", f"({text})::numeric")
        case "date":
            return Filter("date", f"({text})::date")
        case "boolean":
            return Filter("bool", f"({text})::boolean")
        case "multi_select":
            held = f"coalesce({value} ?| {{0}}, false)"
            empty = f"coalesce({value}, '[]') = '[]'"
            return Filter("text", choices=tuple(found.options), holds=held, empty=empty)
        case _:
            return Filter("text", f"({text})", choices=tuple(found.options))
