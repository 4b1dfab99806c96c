"""A contract's life: made, changed, begun, ended, removed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from models.actors import Actor
from models.contacts import Company, Contact
from models.contracts import Contract
from models.errors import Conflict, Findings, wrong
from server.contracts.events import ContractCreated, ContractDeleted, ContractUpdated
from server.contracts.schemas import ContractOut
from server.core import amounts
from server.core.view import Row
from server.records import life
from server.records.kinds import Kind

kind = Kind(Contract, ContractOut, ContractCreated, ContractUpdated, ContractDeleted)

# Where each status leads: one that expired can be renewed, one that was terminated is over.
LEADS_TO = {
    "draft": {"active", "terminated"},
    "active": {"expired", "terminated"},
    "expired": {"active", "terminated"},
    "terminated": set[str](),
}


async def create(values: Row, *, by: Actor) -> Row:
    """Make a contract."""
    findings = Findings()
    with findings:
        check_dates(values["start_on"], values["end_on"])
    await _check_parties(values, by, findings)
    with findings:
        values = await amounts.given(values, "value", by=by)
    _, row = await life.add(kind, values, by=by, findings=findings)
    return row


async def change(id: UUID, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """Change these fields, or `replace` them all. Raises `Conflict` (status_not_allowed)."""
    contract = await Contract.locked(by, id=id)
    status = values.get("status", contract.status)
    if status != contract.status and status not in LEADS_TO[contract.status]:
        raise Conflict(f"A contract that is {contract.status} cannot become {status}.", code="status_not_allowed")
    findings = Findings()
    with findings:
        check_dates(values.get("start_on", contract.start_on), values.get("end_on", contract.end_on))
    await _check_parties({n: v for n, v in values.items() if getattr(contract, n) != v}, by, findings)
    with findings:
        values = await amounts.changed(contract, values, "value", by=by)
    return await life.change(kind, contract, values, by=by, replace=replace, findings=findings)


async def _check_parties(values: Row, by: Actor, findings: Findings) -> None:
    with findings:
        await life.check_visible("company_id", Company, values.get("company_id"), by=by)
    with findings:
        await life.check_visible("contact_id", Contact, values.get("contact_id"), by=by)


def check_dates(start: date | None, end: date | None) -> None:
    """Raise `Invalid` when the end lies before the start."""
    if start is not None and end is not None and end < start:
        raise wrong("end_on", "before_start", "Lies before start_on.")
