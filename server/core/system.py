"""Transactions that see every team; only the few modules named in the import rules may open them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from models.actors import Actor
from server.core.unit import Unit, open_unit


@asynccontextmanager
async def system_unit(
    actor: Actor | None = None,
    *,
    read_only: bool = False,
    snapshot: bool = False,
    request_id: str = "",
    address: str = "",
) -> AsyncIterator[Unit]:
    """Open a transaction as the system role: sign-in look-ups, the log's followers, dispatcher, sweeper, backups."""
    isolation = "ISOLATION LEVEL REPEATABLE READ" if snapshot else ""
    begin = f"BEGIN {isolation}{' READ ONLY' if read_only else ''};SET LOCAL ROLE mediaflow_system"
    async with open_unit(begin, actor, read_only, request_id, address) as unit:
        yield unit
