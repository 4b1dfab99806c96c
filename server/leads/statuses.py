"""The rules of a lead's status and stage."""

from __future__ import annotations

from models.clock import now
from models.errors import Conflict, wrong
from models.leads import Lead
from server.core.view import Row
from server.leads.schemas import CLOSED


def settled(values: Row, lead: Lead | None = None) -> Row:
    """The values with all that follows from status and stage.

    Raises `Invalid` for a lost lead without a reason, `Conflict` (lead_converted, lead_closed) where the status cannot
    change so.
    """
    had = lead.status if lead is not None else "new"
    status = values.get("status", had)
    if lead is not None and status != had:
        _check(lead, status)
    reason = values.get("lost_reason", lead.lost_reason if lead is not None and had == "lost" else None)
    if status == "lost" and not reason:
        raise wrong("lost_reason", "required", "Say why the lead was lost.")
    if status != "lost" and values.get("lost_reason"):
        raise wrong("lost_reason", "not_allowed", "Only a lost lead has a reason.")
    settled = {"status": status, "lost_reason": reason if status == "lost" else None, "stage": values.get("stage")}
    if settled["stage"] is None:
        settled["stage"] = lead.stage if lead is not None and "stage" not in values and status == had else status
    if lead is None or (status in CLOSED) != (had in CLOSED):
        settled["closed_at"] = now() if status in CLOSED else None
    return values | settled


def _check(lead: Lead, status: str) -> None:
    if lead.converted_at is not None:
        raise Conflict("The lead was converted: it stays won.", code="lead_converted")
    if lead.status in CLOSED and status in CLOSED:
        raise Conflict(f"The lead is {lead.status}; open it again first.", code="lead_closed")
