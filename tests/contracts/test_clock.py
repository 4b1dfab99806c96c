"""What the clock does with contracts: reminders before their end, and the end."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from models.clock import day_in, today
from server.core.jobs import enqueue
from server.core.system import system_unit
from tests.factories import Make
from tests.helpers.http import Client
from tests.helpers.processes import until

pytestmark = pytest.mark.usefixtures("one_hour")


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


async def test_a_reminder_is_mailed_once_and_notified(make: Make, background: Any, anyone: Client, sql: Any):
    anna = await make.owner(name="Anna")
    await background("tasks.dispatch")
    await background("tasks.worker")
    company = await make.company(anna, name="Kern & Sohn")
    end = in_days(9)
    soon = await make.contract(anna, title="Retainer", company_id=company["id"], status="active", end_on=end)
    for _ in range(2):
        await run(sql)

    async def look() -> Any:
        items = (await anyone.get("/dev/mail", headers={"Accept": "application/json"})).json["items"]
        return [m for m in items if m["to"] == anna.user["email"] and m["subject"].endswith(": Retainer")]

    [mail] = await until(look, 60)
    day = date.fromisoformat(end)
    assert mail["subject"] == f"Ending on {day:%a} {day.day} {day:%b %Y}: Retainer"
    assert "With: Kern & Sohn" in mail["text"]
    [found] = (await anna.get("/api/notifications?type=contract.ending")).json["items"]
    assert (found["subject"]["id"], found["title"]) == (soon["id"], f"“Retainer” ends on {day.day} {day:%b %Y}")
    assert len(await look()) == 1


async def test_a_teams_day_is_that_of_its_time_zone(make: Make, background: Any, sql: Any):
    """Kiritimati is a day ahead of Midway at all times: where one's contract is over, the other's lasts."""
    west, east = await make.owner(), await make.owner()
    for person, zone in ((west, "Pacific/Midway"), (east, "Pacific/Kiritimati")):
        assert await person.patch(f"/api/teams/{person.team_id}", {"settings": {"timezone": zone}}) == 200
    wrong = await west.patch(f"/api/teams/{west.team_id}", {"settings": {"timezone": ["Mars"]}})
    assert wrong.wrong == {"settings": "wrong_timezone"}
    there = day_in("Pacific/Midway").isoformat()
    lasting = await make.contract(west, status="active", end_on=there)
    over = await make.contract(east, status="active", end_on=there)
    await background("tasks.worker")
    await run(sql)
    assert (await east.get(f"/api/contracts/{over['id']}")).json["status"] == "expired"
    assert (await west.get(f"/api/contracts/{lasting['id']}")).json["status"] == "active"
