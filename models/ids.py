"""Ids: version 7 UUIDs (RFC 9562, 5.7), which begin with their time, so that new rows lie side by side in an index."""

from __future__ import annotations

from asyncpg.pgproto.pgproto import UUID as Uuid  # `uuid.UUID` in C, the class that asyncpg gives ids in
from uuid_utils import uuid7 as _uuid7

__all__ = ["Uuid", "uuid7"]


def uuid7() -> Uuid:
    """A new id."""
    return Uuid(_uuid7().bytes)
