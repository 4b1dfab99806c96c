"""Keyset cursors: where a page ended, as text that its list can go on from."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from server.core.filters import Where

CASTS = {"time": "timestamptz", "date": "date", "numeric": "numeric", "int": "bigint", "text": "text", "uuid": "uuid"}


def after(keys: Sequence[tuple[str, str, bool]], values: Sequence[str], where: Where) -> str:
    """The condition for what comes after the cursor: a row comparison where all keys run the same way."""
    marks = [f"{where.mark(v)}::text::{CASTS[kind]}" for v, (_, kind, _) in zip(values, keys, strict=True)]
    if len({down for _, _, down in keys}) == 1:
        sign = "<" if keys[0][2] else ">"
        return f"({', '.join(sql for sql, _, _ in keys)}) {sign} ({', '.join(marks)})"
    alternatives = []
    for i, (sql, _, down) in enumerate(keys):
        equal = [f"{keys[j][0]} = {marks[j]}" for j in range(i)]
        alternatives.append(" AND ".join([*equal, f"{sql} {'<' if down else '>'} {marks[i]}"]))
    first, _, down = keys[0]
    bound = f"{first} {'<=' if down else '>='} {marks[0]}"
    return f"{bound} AND ({' OR '.join(f'({a})' for a in alternatives)})"


def sort_text(sort: Iterable[tuple[str, bool]]) -> str:
    """The sort as a request writes it: `-due_at,title`."""
    return ",".join(f"{'-' if down else ''}{name}" for name, down in sort)


def encode(parts: list[str]) -> str:
    """The sort and the keys of the last row, as opaque text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).rstrip(b"=").decode()


def decode(text: str) -> tuple[str, ...] | None:
    """What `encode` was given; None for text that no list gave."""
    try:
        raw = base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4))
        parts = msgspec.json.decode(raw, type=list[str])
    except (ValueError, binascii.Error, msgspec.DecodeError, UnicodeError):
        return None
    return tuple(parts) if parts and not any("\x00" in p for p in parts) else None


def fits(value: str, kind: str) -> bool:
    """Whether a cursor's value can be cast; a forged one must be a 422, not a database error."""
    if kind == "text" or (value.lower() in ("infinity", "-infinity") and kind in ("time", "date", "numeric")):
        return True
    readers: dict[str, Callable[[str], Any]] = {
        "uuid": UUID,
        "int": int,
        "numeric": Decimal,
        "date": date.fromisoformat,
        "time": datetime.fromisoformat,
    }
    try:
        readers[kind](value)
    except (ValueError, ArithmeticError):
        return False
    return kind != "int" or abs(int(value)) < 2**63 + 1
