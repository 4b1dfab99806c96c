"""What the clock does with contracts: reminders before their end, and the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from models.clock import today
from server.core.jobs import enqueue
from server.core.system import system_unit
from tests.factories import Make
from tests.helpers.processes import until


async def run(sql: Any) -> None:
    """Let the clock's job run once, to its end."""
    async with system_unit():
        id = await enqueue("follow_contracts", {})

    async def done() -> bool:
        return (await sql("SELECT state FROM job WHERE id = $1", id))[0]["state"] == "done"

    await until(done)


def in_days(days: int) -> str:
    return (today() + timedelta(days=days)).isoformat()


async def test_people_are_reminded_once_before_a_contract_ends(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    ben = await make.member(anna, "manager")
    await background("tasks.worker")
    soon = await make.contract(ben, title="Retainer", status="active", end_on=in_days(10))
    await make.contract(ben, status="active", end_on=in_days(10), notice_days=5)
    await make.contract(ben, status="draft", end_on=in_days(10))
    await make.contract(ben, status="active")
    await run(sql)
    await run(sql)
    [told] = await make.heard(ben, "contract.ending")
    assert (told["subject"]["id"], told["data"]) == (soon["id"], soon)
    assert told["detail"] == {"end_on": in_days(10), "member_ids": [ben.member_id]}
    assert await make.heard(anna, "contract.ending") == []
    assert await ben.patch(f"/api/contracts/{soon['id']}", {"end_on": in_days(20)}) == 200
    await run(sql)
    assert len(await make.heard(ben, "contract.ending")) == 2


async def test_the_owners_are_reminded_when_the_maker_is_gone(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    ben = await make.member(anna, "manager")
    await background("tasks.worker")
    await make.contract(ben, status="active", end_on=in_days(3))
    assert await anna.delete(f"/api/teams/{anna.team_id}/members/{ben.id}") == 204
    await run(sql)
    assert len(await make.heard(anna, "contract.ending")) == 1


async def test_a_contract_that_has_ended_expires(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    await background("tasks.worker")
    over = await make.contract(anna, status="active", end_on=in_days(-1))
    lasting = await make.contract(anna, status="active", end_on=in_days(0))
    await run(sql)
    after = (await anna.get(f"/api/contracts/{over['id']}")).json
    assert (after["status"], after["version"]) == ("expired", 2)
    assert (await anna.get(f"/api/contracts/{lasting['id']}")).json["status"] == "active"
    told = [e for e in await make.logged(f"contracts:{anna.team_id}") if e["type"] == "contract.updated"]
    assert [(e["changes"], e["actor"]["kind"], UUID(e["subject"]["id"])) for e in told] == [
        ({"status": ["active", "expired"]}, "system", UUID(over["id"]))
    ]
