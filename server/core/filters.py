"""Filters of a list: `field=a,b`, `field[gte]=…`, each typed, each turned into SQL over `t`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

from models.errors import FieldError
from server.core.schemas import CONTROL, in_calendar, utc

Kind = Literal["uuid", "text", "int", "numeric", "date", "time", "bool"]
SQL_TYPES: dict[Kind, str] = {
    "uuid": "uuid",
    "text": "text",
    "int": "bigint",
    "numeric": "numeric",
    "date": "date",
    "time": "timestamptz",
    "bool": "boolean",
}
ORDERED = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}
MAX_VALUES = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """One field that a list may be filtered by.

    `sql` is an expression over `t`. With `holds`, the field is a set: `holds` is a condition with `{0}` where the
    array of wanted values goes, `empty` the condition that the set is empty.
    """

    kind: Kind = "text"
    sql: str = ""
    choices: tuple[str, ...] = ()
    holds: str = ""
    empty: str = ""
    nullable: bool = True

    @property
    def operators(self) -> list[str]:
        """The operators that this field takes; "" is plain equality (a comma means any of)."""
        ordered = list(ORDERED) if self.kind in ("int", "numeric", "date", "time") and not self.holds else []
        return ["", "in", "ne", *ordered, *(["null"] if self.nullable else [])]


@dataclass(slots=True)
class Where:
    """Conditions over `t` as they are collected, with their arguments."""

    parts: list[str] = field(default_factory=list)
    args: list[Any] = field(default_factory=list)

    def mark(self, value: Any) -> str:
        """Add an argument; gives its `$n`."""
        self.args.append(value)
        return f"${len(self.args)}"

    @property
    def sql(self) -> str:
        return " AND ".join(self.parts) or "true"


KEY = re.compile(r"^([a-z_.0-9]+)(?:\[([a-z]+)\])?$")


def split_key(key: str) -> tuple[str, str]:
    """`due_at[lt]` → `("due_at", "lt")`. Raises `ValueError` when it is neither name nor name[operator]."""
    match = KEY.match(key)
    if match is None:
        raise ValueError(key)
    return match[1], match[2] or ""


def apply(where: Where, name: str, found: Filter, operator: str, text: str) -> FieldError | None:
    """Add one filter to `where`; gives the error when the value does not fit."""
    key = f"{name}[{operator}]" if operator else name
    if operator not in found.operators:
        return FieldError(key, "unknown_operator", f"{name} takes: {', '.join(o or '=' for o in found.operators)}.")
    if operator == "null":
        return _null(where, key, found, text)
    values: list[Any] = []
    for part in [text] if operator in ORDERED else text.split(","):
        try:
            values.append(parse(found, part.strip()))
        except ValueError as error:
            return FieldError(key, "wrong_value", f"{part.strip()[:50]!r} {error}.")
    if len(values) > MAX_VALUES:
        return FieldError(key, "too_many", f"At most {MAX_VALUES} values.")
    where.parts.append(_condition(where, found, operator, values))
    return None


def _null(where: Where, key: str, found: Filter, text: str) -> FieldError | None:
    if text not in ("true", "false"):
        return FieldError(key, "wrong_value", "Must be true or false.")
    is_null = found.empty if found.holds else f"({found.sql}) IS NULL"
    where.parts.append(is_null if text == "true" else f"NOT ({is_null})")
    return None


def _condition(where: Where, found: Filter, operator: str, values: list[Any]) -> str:
    kind = SQL_TYPES[found.kind]
    if found.holds:
        held = found.holds.format(f"{where.mark(values)}::{kind}[]")
        return f"NOT ({held})" if operator == "ne" else held
    if operator in ORDERED:
        return f"{found.sql} {ORDERED[operator]} {where.mark(values[0])}::{kind}"
    if operator == "ne":
        return f"({found.sql}) IS NULL OR NOT ({found.sql} = ANY({where.mark(values)}::{kind}[]))".join("()")
    if len(values) == 1:
        return f"{found.sql} = {where.mark(values[0])}::{kind}"
    return f"{found.sql} = ANY({where.mark(values)}::{kind}[])"


def _time(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return utc(value if value.tzinfo else value.replace(tzinfo=UTC))


def _bool(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError
    return text == "true"


def _int(text: str) -> int:
    value = int(text)
    if abs(value) >= 2**63:
        raise ValueError
    return value


def _numeric(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or abs(value) > Decimal(10) ** 30:
        raise ValueError
    return value


def _text(text: str) -> str:
    if CONTROL.search(text):
        raise ValueError
    return text


PARSERS: dict[Kind, tuple[Callable[[str], Any], str]] = {
    "uuid": (UUID, "is not an id"),
    "text": (_text, "has a control character"),
    "int": (_int, "is not a whole number"),
    "numeric": (_numeric, "is not a number"),
    "date": (lambda text: in_calendar(date.fromisoformat(text)), "is not a date (YYYY-MM-DD)"),
    "time": (_time, "is not a time (RFC 3339)"),
    "bool": (_bool, "must be true or false"),
}


def parse(found: Filter, text: str) -> Any:
    """The value of one filter. Raises `ValueError` with the end of a sentence."""
    parser, complaint = PARSERS[found.kind]
    try:
        value = parser(text)
    except (ValueError, InvalidOperation, OverflowError):
        raise ValueError(complaint) from None
    if found.choices and value not in found.choices:
        raise ValueError(f"is not one of {', '.join(found.choices)}")
    return value
