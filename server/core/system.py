"""Transactions that see every team; only the few modules named in the import rules may open them."""

from __future__ import annotations

from typing import Any

from models.actors import Actor
from server.core.pipeline import message
from server.core.unit import Unit

AS_SYSTEM = {reads: message("mf_as_system", "on" if reads else "off") for reads in (True, False)}


def system_unit(actor: Actor | None = None, *, read_only: bool = False, snapshot: bool = False, **request: Any) -> Unit:
    """Open a transaction as the system role: sign-in look-ups, the log's followers, dispatcher, sweeper, backups."""
    return Unit(AS_SYSTEM[read_only], actor, read_only=read_only, snapshot=snapshot, **request)
