"""A company's life: made, changed, put under another one, removed."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.contacts import Company
from models.db import connection
from models.errors import Conflict, wrong
from models.money import places
from server.companies.events import CompanyCreated, CompanyDeleted, CompanyLeft, CompanyUpdated
from server.companies.schemas import CompanyOut
from server.core.problems import constraint
from server.core.view import Row
from server.records import life
from server.records.kinds import Kind

kind = Kind(Company, CompanyOut, CompanyCreated, CompanyUpdated, CompanyDeleted, CompanyLeft)

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
    _check_currency(values["billing"])
    await life.check_visible("parent_id", Company, values["parent_id"], by=by)
    _, row = await life.add(kind, values, by=by)
    return row


async def change(id: UUID, values: Row, *, by: Actor, replace: bool = False) -> Row:
    """Change these fields, or `replace` them all. Raises `Conflict` (parent_cycle)."""
    company = await Company.locked(by, id=id)
    values = life.merged(company, values, "address", "billing")
    _check_currency(values.get("billing", {}))
    if values.get("parent_id") not in (None, company.parent_id):
        await life.check_visible("parent_id", Company, values["parent_id"], by=by)
        await connection().execute(ONE_AT_A_TIME, by.team_id)
        if await connection().fetchval(IS_ABOVE, by.team_id, values["parent_id"], id):
            raise Conflict("The parent is this company, or a part of it.", code="parent_cycle")
    return await life.change(kind, company, values, by=by, replace=replace)


def _check_currency(billing: Row) -> None:
    try:
        places(billing.get("currency") or "EUR")
    except ValueError as error:
        raise wrong("billing.currency", "unknown_currency", f"{error}.") from None
