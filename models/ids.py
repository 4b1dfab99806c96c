"""Ids: version 7 UUIDs (RFC 9562, 5.7), which begin with their time, so that new rows lie side by side in an index."""

from __future__ import annotations

from asyncpg.pgproto.pgproto import UUID
from uuid_utils import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new id, in the class that asyncpg gives ids in: a `uuid.UUID` in C, ten times as quick to write and compare."""
    return UUID(_uuid7().bytes)
