"""A company's life: made, changed, put under another one, removed."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.contacts import Company
from models.db import connection
from models.errors import Conflict, Findings, wrong
from models.money import places
from server.companies.events import CompanyCreated, CompanyDeleted, CompanyLeft, CompanyMerged, CompanyUpdated
from server.companies.schemas import CompanyOut
from server.core.problems import constraint
from server.core.view import Row
from server.records import life
from server.records import merge as merging
from server.records.kinds import Kind
from server.records.merge import filled, filled_whole

kind = Kind(Company, CompanyOut, CompanyCreated, CompanyUpdated, CompanyDeleted, CompanyLeft, merged=CompanyMerged)

# Two companies that are put under each other at once: the second waits here, and then sees the first one's parent.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('companies/' || $1::uuid, 0))"
IS_ABOVE = """
WITH RECURSIVE up(id, parent_id) AS (
    SELECT id, parent_id FROM company WHERE team_id = $1 AND id = $2
    UNION SELECT c.id, c.parent_id FROM company c JOIN up ON c.id = up.parent_id WHERE c.team_id = $1
) SELECT EXISTS (SELECT 1 FROM up WHERE id = $3)
"""

constraint("company_external", lambda: Conflict("Another company has this external id.", code="external_id_taken"))


async def create(values: Row, *, by: Actor) -> Row:
    """Make a company."""
    findings = Findings()
    with findings:
        values = await prepared(values, by=by)
    _, row = await life.add(kind, values, by=by, findings=findings)
    return row


async def prepared(values: Row, *, by: Actor) -> Row:
    """A new company's values, checked. Raises `Invalid`."""
    findings = Findings()
    with findings:
        _check_currency(values["billing"])
    with findings:
        await life.check_visible("parent_id", Company, values["parent_id"], by=by)
    findings.settle()
    return values


async def change(id: UUID, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """Change these fields, or `replace` them all. Raises `Conflict` (parent_cycle)."""
    if values.get("parent_id") is not None:  # before its row: the other one's foreign key waits for that
        await connection().execute(ONE_AT_A_TIME, by.team_id)
    company = await Company.locked(by, id=id)
    values, findings = life.merged(company, values, "address", "billing"), Findings()
    with findings:
        _check_currency(values.get("billing", {}))
    if values.get("parent_id") not in (None, company.parent_id):
        with findings:
            await life.check_visible("parent_id", Company, values["parent_id"], by=by)
        if await connection().fetchval(IS_ABOVE, by.team_id, values["parent_id"], id):
            raise Conflict("The parent is this company, or a part of it.", code="parent_cycle")
    return await life.change(kind, company, values, by=by, replace=replace, findings=findings)


async def merge(id: UUID, from_id: UUID, *, by: Actor) -> Row:
    """Merge another company into this one; see `records.merge`."""
    await connection().execute(ONE_AT_A_TIME, by.team_id)
    return await merging.merge(kind, id, from_id, _united, by=by)


async def _united(kept: Company, gone: Company) -> Row:
    values = filled(kept, gone, "domain", "owner_id", "external_id") | filled_whole(kept, gone, "address", "billing")
    if await connection().fetchval(IS_ABOVE, kept.team_id, kept.id, gone.id):
        values["parent_id"] = gone.parent_id  # it was a part of the other one, and takes its place
    elif kept.parent_id is None and gone.parent_id != kept.id:
        values["parent_id"] = await _not_below(kept, gone.parent_id)
    return values


async def _not_below(company: Company, id: UUID | None) -> UUID | None:
    """The id, unless it names a part of the company."""
    return None if await connection().fetchval(IS_ABOVE, company.team_id, id, company.id) else id


def _check_currency(billing: Row) -> None:
    try:
        places(billing.get("currency") or "EUR")
    except ValueError as error:
        raise wrong("billing.currency", "unknown_currency", f"{error}.") from None
