"""Contracts by the clock: reminders before one ends, and its end."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from models.actors import system_actor
from models.clock import day_in
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

Days = list[tuple[UUID, date]]
AT_ONCE = 100
MORNING = timedelta(hours=6)  # nobody is reminded in the night
TEAMS = """
SELECT t.id, t.settings ->> 'timezone' AS zone FROM team t
WHERE t.deleted_at IS NULL AND EXISTS (
    SELECT 1 FROM contract c WHERE c.team_id = t.id AND c.status = 'active' AND c.end_on IS NOT NULL
)
"""
# Of these teams ($1), each on its own day ($2).
HERE = "JOIN unnest($1::uuid[], $2::date[]) AS d (team_id, today) ON d.team_id = c.team_id"
# The mark is the promise that nobody is reminded twice of one end; it is no change of the contract.
ENDING = f"""
UPDATE contract SET reminded_of = end_on WHERE (team_id, id) IN (
    SELECT c.team_id, c.id FROM contract c {HERE} WHERE c.status = 'active' AND c.end_on >= d.today
        AND c.end_on - coalesce(c.notice_days, $3) <= d.today AND c.reminded_of IS DISTINCT FROM c.end_on
    ORDER BY c.end_on, c.id LIMIT $4 FOR UPDATE OF c SKIP LOCKED
) RETURNING *
"""
ENDED = f"""
SELECT c.* FROM contract c {HERE} WHERE c.status = 'active' AND c.end_on < d.today
ORDER BY c.end_on, c.id LIMIT $3 FOR UPDATE OF c SKIP LOCKED
"""
# Who made the contract, as long as they may read it; else the owners.
KEEPERS = """
SELECT m.id FROM member m WHERE m.team_id = $1 AND m.left_at IS NULL AND m.user_id = $2 AND m.role <> ALL($3)
"""
OWNERS = "SELECT id FROM member WHERE team_id = $1 AND left_at IS NULL AND role = 'owner' ORDER BY id"


@job("follow_contracts", quiet=True)
async def follow_contracts(ctx: JobContext, args: NoArgs) -> dict[str, int]:
    """Remind people of contracts that end within their notice, and let those expire that have ended.

    Each team's days are those of its time zone (`settings.timezone`).
    """
    async with ctx.unit(final=False):
        teams = await connection().fetch(TEAMS)
    mornings = [(t["id"], day_in(t["zone"], begins=MORNING)) for t in teams]
    days = [(t["id"], day_in(t["zone"])) for t in teams]
    return {"reminded": await _remind(ctx, mornings), "expired": await _expire(ctx, days)}


async def _remind(ctx: JobContext, days: Days) -> int:
    reminded = 0
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(ENDING, *_columns(days), settings().contract_notice_days, AT_ONCE)
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


async def _expire(ctx: JobContext, days: Days) -> int:
    expired = 0
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(ENDED, *_columns(days), AT_ONCE)
            for row in rows:
                contract = Contract._init_from_db(**row)
                changes, shown = await ContractOut.change(contract, {"status": "expired"})
                by = system_actor(contract.team_id)
                await record(ContractUpdated(), about=contract, by=by, changes=changes, data=shown)
        expired += len(rows)
        if len(rows) < AT_ONCE:
            return expired


def _columns(days: Days) -> tuple[list[UUID], list[date]]:
    return [team_id for team_id, _ in days], [day for _, day in days]


schedule("contracts.follow", "20 * * * *", job="follow_contracts", catch_up="latest")
