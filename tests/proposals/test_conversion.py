"""What follows a yes: the project, its tasks, the invoice; and what the clock does until there is an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models.clock import today
from tests.factories import Make
from tests.helpers.processes import until
from tests.proposals.clockwork import follow

ITEMS = (
    {
        "description": "Film\nTwo days on the water.",
        "quantity": "2",
        "unit": "day",
        "unit_price": "950.00",
        "tax_rate": "19",
    },
    {"description": "Book", "unit_price": "33.33", "tax_rate": "7"},
    {"description": "Drone", "unit_price": "200.00", "kind": "optional"},
    {"description": "Hosting", "unit_price": "9.99", "recurring": "monthly"},
)


async def test_a_project_with_tasks_people_and_a_deposit_is_made_of_it(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    client = await make.contact(anna)
    sent, [ida] = await make.sent(anna, *ITEMS, title="Harbour film", client_id=client["id"], deposit_percent="33.333")
    path = f"/api/proposals/{sent['id']}/convert"
    assert (await anna.post(path)).code == "not_accepted"
    signed = await make.signed(anna, ida)
    body = {"start_on": "2027-01-01", "due_on": "2027-03-01", "member_ids": [ben.id]}
    made = (await anna.post(path, body)).json
    project = made["project"]
    assert (project["name"], project["client_id"], project["budget"]) == (
        "Harbour film",
        client["id"],
        signed["totals"]["total"],
    )
    assert (project["start_on"], project["due_on"]) == ("2027-01-01", "2027-03-01")
    assert [t["title"] for t in made["tasks"]] == ["Film", "Book", "Hosting"]
    assert made["tasks"][0]["description"] == "Two days on the water.\n\n2 day"
    assert (await ben.get(f"/api/projects/{project['id']}")) == 200
    invoice = made["invoice"]
    assert (invoice["kind"], invoice["status"], invoice["total"]) == ("deposit", "draft", signed["totals"]["deposit"])
    cents = {n: sum(round(float(line[n]) * 100) for line in invoice["lines"]) for n in ("net", "tax", "gross")}
    assert cents["gross"] == round(float(invoice["total"]) * 100) == cents["net"] + cents["tax"]
    assert [line["tax_rate"] for line in invoice["lines"]] == ["19", "7"]
    assert (made["proposal"]["project_id"], made["proposal"]["converted_at"] is None) == (project["id"], False)
    again = await anna.post(path)
    assert (again.status, again.code) == (409, "already_converted")
    told = [e["type"] for e in await make.logged(f"proposals:{anna.team_id}")]
    assert told[-2:] == ["invoice.drafted", "proposal.converted"]


async def test_without_a_deposit_the_invoice_is_the_whole(make: Make):
    anna = await make.owner()
    _, [ida] = await make.sent(anna, *ITEMS, discount="100.00")
    signed = await make.signed(anna, ida)
    invoice = (await anna.post(f"/api/proposals/{signed['id']}/convert")).json["invoice"]
    assert (invoice["kind"], invoice["total"], invoice["tax"]) == (
        "full",
        signed["totals"]["total"],
        signed["totals"]["tax"],
    )
    assert [line["description"][:4] for line in invoice["lines"]] == ["Film", "Book"]


async def test_what_is_left_is_never_less_than_nothing(make: Make):
    anna = await make.owner()
    lines = (
        {"description": "Film", "unit_price": "100", "kind": "optional", "selected": True},
        {"description": "Book", "unit_price": "0"},
        {"description": "Credit", "unit_price": "-60"},
    )
    sent, [ida] = await make.sent(anna, *lines)
    assert sent["totals"]["total"] == "40.00"
    item = (await ida.read()).json["items"][0]["id"]
    refused = await ida.act("options", items=[{"id": item, "selected": False}])
    assert (refused.status, refused.code) == (409, "total_negative")
    fewer = await ida.act("options", items=[{"id": item, "quantity": "0.6"}])
    assert (fewer.json["totals"]["total"], fewer.json["items"][1]["amounts"]["gross"]) == ("0.00", "0.00")
    await make.signed(anna, ida)
    made = (await anna.post(f"/api/proposals/{sent['id']}/convert")).json
    assert (made["invoice"]["total"], len(made["invoice"]["lines"])) == ("0.00", 3)


async def test_a_conversion_that_fails_leaves_nothing(make: Make):
    anna = await make.owner()
    stranger = await make.owner()
    _, [ida] = await make.sent(anna)
    signed = await make.signed(anna, ida)
    refused = await anna.post(f"/api/proposals/{signed['id']}/convert", {"member_ids": [stranger.id]})
    assert refused == 422
    assert (await anna.get("/api/projects")).json["items"] == []
    assert (await anna.get(f"/api/proposals/{signed['id']}")).json["converted_at"] is None


async def test_it_is_made_by_itself_where_the_team_wants_it(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    settings = {"settings": {"proposals": {"auto_convert": True}}}
    assert await anna.patch(f"/api/teams/{anna.team_id}", settings) == 200
    _, [ida] = await make.sent(anna, *ITEMS)
    signed = await make.signed(anna, ida)
    await background("tasks.worker")

    async def converted() -> bool:
        return (await anna.get(f"/api/proposals/{signed['id']}")).json["project_id"] is not None

    await until(converted)
    assert len((await anna.get("/api/tasks")).json["items"]) == 3

    async def told() -> bool:
        rows = await sql(
            "SELECT state FROM job WHERE kind = 'proposal_accepted' AND team_id = $1::text::uuid", anna.team_id
        )
        return [r["state"] for r in rows] == ["done"]

    await until(told)


async def test_who_has_not_answered_is_reminded_until_they_do(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    sent, [ida, per] = await make.sent(anna, to=("ida@slow.example", "per@slow.example"))
    await background("tasks.worker")
    await sql(
        "UPDATE proposal_recipient SET sent_at = sent_at - interval '8 days' WHERE proposal_id = $1::text::uuid",
        sent["id"],
    )

    async def reminded() -> list[str]:
        told = [e for e in await make.logged(f"proposal:{sent['id']}") if e["type"] == "proposal.reminded"]
        return [e["detail"]["name"] for e in told]

    await follow(sql)
    await follow(sql)
    assert await reminded() == ["Ida"]  # once for both days that have passed; it is not Per's turn
    shown = (await ida.read()).json
    assert await ida.act("sign", name="Ida", digest=shown["digest"], consent=True) == 200
    await follow(sql)
    assert await reminded() == ["Ida", "Per"]
    assert await per.act("decline", reason="No") == 200
    await sql(
        "UPDATE proposal_recipient SET sent_at = sent_at - interval '80 days', reminded = 0 "
        "WHERE proposal_id = $1::text::uuid",
        sent["id"],
    )
    await follow(sql)
    assert await reminded() == ["Ida", "Per"]


@pytest.mark.usefixtures("one_hour")
async def test_what_nobody_answered_expires_once(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna, expires_on=str(today()))
    lasting, _ = await make.sent(anna)
    await background("tasks.worker")
    await sql(
        "UPDATE proposal_recipient SET expires_at = now() - interval '1 minute' WHERE proposal_id = $1::text::uuid",
        sent["id"],
    )
    await follow(sql)
    await follow(sql)
    path = f"/api/proposals/{sent['id']}"
    assert (await anna.get(path)).json["status"] == "expired"
    assert (await anna.get(f"/api/proposals/{lasting['id']}")).json["status"] == "sent"
    told = [e for e in await make.logged(f"proposal:{sent['id']}") if e["type"] == "proposal.expired"]
    assert [e["changes"]["status"] for e in told] == [["sent", "expired"]]
    assert (await ida.read()).code == "link_expired"
    assert (await anna.post(f"{path}/extend", {"expires_on": str(today() + timedelta(days=3))})).json[
        "status"
    ] == "sent"
    assert await ida.read() == 200


async def test_five_hundred_items_go_all_the_way(make: Make):
    anna = await make.owner()
    lines = [{"description": f"Item {n}", "unit_price": "0.05", "quantity": "0.333333"} for n in range(500)]
    lines = [line | {"kind": "optional"} if n % 2 else line for n, line in enumerate(lines)]
    sent, [ida] = await make.sent(anna, *lines)
    assert sent["totals"]["total"] == "5.00"
    wanted = [{"id": i["id"], "selected": True} for i in (await ida.read()).json["items"] if not i["selected"]]
    assert (await ida.act("options", items=wanted)).json["totals"]["total"] == "10.00"
    assert (await ida.get(f"/p/{ida.link}")).body.count(b"data-item=") == 500
    await make.signed(anna, ida)
    made = (await anna.post(f"/api/proposals/{sent['id']}/convert")).json
    assert (len(made["tasks"]), len(made["invoice"]["lines"]), made["invoice"]["total"]) == (500, 500, "10.00")
