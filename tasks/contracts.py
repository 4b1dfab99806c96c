"""Contracts by the clock: reminders before one ends, and its end."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from models.actors import system_actor
from models.clock import today
from models.contracts import Contract
from models.db import connection
from server.config import settings
from server.contracts.events import ContractEnding, ContractUpdated
from server.contracts.schemas import ContractOut
from server.core.events import record
from server.core.permissions import SCOPED_ROLES
from tasks.context import JobContext
from tasks.registry import NoArgs, job
from tasks.schedule import schedule

AT_ONCE = 100
# The mark is the promise that nobody is reminded twice of one end; it is no change of the contract.
ENDING = """
UPDATE contract SET reminded_of = end_on WHERE (team_id, id) IN (
    SELECT team_id, id FROM contract WHERE status = 'active' AND end_on >= $1
        AND end_on - coalesce(notice_days, $2) <= $1 AND reminded_of IS DISTINCT FROM end_on
    ORDER BY end_on, id LIMIT $3 FOR UPDATE SKIP LOCKED
) RETURNING *
"""
ENDED = """
SELECT * FROM contract WHERE status = 'active' AND end_on < $1 ORDER BY end_on, id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
# Who made the contract, as long as they may read it; else the owners.
KEEPERS = """
SELECT m.id FROM member m WHERE m.team_id = $1 AND m.left_at IS NULL AND m.user_id = $2 AND m.role <> ALL($3)
"""
OWNERS = "SELECT id FROM member WHERE team_id = $1 AND left_at IS NULL AND role = 'owner' ORDER BY id"


@job("follow_contracts", quiet=True)
async def follow_contracts(ctx: JobContext, args: NoArgs) -> dict[str, int]:
    """Remind people of contracts that end within their notice, and let those expire that have ended."""
    return {"reminded": await _remind(ctx), "expired": await _expire(ctx)}


async def _remind(ctx: JobContext) -> int:
    reminded = 0
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(ENDING, today(), settings().contract_notice_days, AT_ONCE)
            for row in rows:
                await _tell_ending(Contract._init_from_db(**row), row["end_on"])
        reminded += len(rows)
        if len(rows) < AT_ONCE:
            return reminded


async def _tell_ending(contract: Contract, end_on: date) -> None:
    event = ContractEnding(end_on=end_on, member_ids=await _keepers(contract))
    await record(event, about=contract, by=system_actor(contract.team_id))


async def _keepers(contract: Contract) -> list[UUID]:
    scoped = list(SCOPED_ROLES)
    rows = await connection().fetch(KEEPERS, contract.team_id, contract.created_by, scoped)
    return [row["id"] for row in rows or await connection().fetch(OWNERS, contract.team_id)]


async def _expire(ctx: JobContext) -> int:
    expired = 0
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(ENDED, today(), AT_ONCE)
            for row in rows:
                contract = Contract._init_from_db(**row)
                changes, shown = await ContractOut.change(contract, {"status": "expired"})
                by = system_actor(contract.team_id)
                await record(ContractUpdated(), about=contract, by=by, changes=changes, data=shown)
        expired += len(rows)
        if len(rows) < AT_ONCE:
            return expired


schedule("contracts.follow", "20 5 * * *", job="follow_contracts", catch_up="latest")
