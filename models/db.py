"""The connection of the running unit of work, for rows that read and write themselves."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import msgspec


@dataclass(slots=True)
class Work:
    """What rows may know of the unit of work they run in.

    `target` and `if_match` come from the request: the record that the path names, and the version the caller expects.
    """

    conn: asyncpg.Connection
    target: UUID | None = None
    if_match: frozenset[int] | None = None


work: ContextVar[Work] = ContextVar("work")


class NoUnitOfWork(RuntimeError):
    """Rows were touched outside a unit of work: a bug, never a client's fault."""


def current_work() -> Work:
    try:
        return work.get()
    except LookupError:
        raise NoUnitOfWork("no unit of work is open in this task") from None


def connection() -> asyncpg.Connection:
    """The connection whose transaction is open in this task."""
    return current_work().conn


def to_json(value: Any) -> str:
    """The text of a `jsonb` argument."""
    return msgspec.json.encode(value).decode()
