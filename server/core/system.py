"""Transactions that see every team; only the few modules named in the import rules may open them."""

from __future__ import annotations

from typing import Any

from models.actors import Actor
from server.core.unit import Unit


def system_unit(actor: Actor | None = None, *, read_only: bool = False, snapshot: bool = False, **request: Any) -> Unit:
    """Open a transaction as the system role: sign-in look-ups, the log's followers, dispatcher, sweeper, backups."""
    isolation = "ISOLATION LEVEL REPEATABLE READ" if snapshot else ""
    begin = f"BEGIN {isolation}{' READ ONLY' if read_only else ''};SET LOCAL ROLE mediaflow_system"
    return Unit(begin, actor, read_only=read_only, **request)
