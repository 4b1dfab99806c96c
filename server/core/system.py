"""Transactions that see every team; only the few modules named in the import rules may open them."""

from __future__ import annotations

from typing import Any

from models.actors import Actor
from server.core.pipeline import message
from server.core.unit import BEGIN, Unit

AS_SYSTEM = message("mf_as_system")


def system_unit(actor: Actor | None = None, *, read_only: bool = False, snapshot: bool = False, **request: Any) -> Unit:
    """Open a transaction as the system role: sign-in look-ups, the log's followers, dispatcher, sweeper, backups."""
    return Unit(BEGIN[read_only, snapshot] + AS_SYSTEM, actor, read_only=read_only, **request)
