"""Leads through the front door: their rules, the pipeline, who is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make

NOBODY = "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"


async def test_a_new_lead_has_the_defaults_and_is_told(make: Make):
    anna = await make.owner()
    answer = await anna.post("/api/leads", {"name": "Ida Holm", "phone": "+49 (30) 901820", "value": "1200.5"})
    assert answer == 201, answer
    lead = answer.json
    assert lead == {
        "id": lead["id"],
        "version": 1,
        "created_at": lead["created_at"],
        "updated_at": lead["created_at"],
        "name": "Ida Holm",
        "email": None,
        "phone": "+4930901820",
        "company": None,
        "position": None,
        "status": "new",
        "lost_reason": None,
        "score": 0,
        "source": "manual",
        "value": "1200.50",
        "currency": "EUR",
        "stage": "new",
        "assigned_to_id": None,
        "last_contact_at": None,
        "closed_at": None,
        "message": None,
        "consent": {"email": False, "sms": False},
        "form": None,
        "tags": [],
        "custom": {},
        "converted": None,
        "created_by": anna.id,
    }
    assert (await anna.get(f"/api/leads/{lead['id']}")).json == lead
    [told] = await make.logged(f"leads:{anna.team_id}")
    assert (told["type"], told["data"]) == ("lead.created", lead)


async def test_a_lead_moves_from_new_to_won(make: Make):
    anna = await make.owner()
    lead = await make.lead(anna)
    path = f"/api/leads/{lead['id']}"
    for status in ("contacted", "qualified", "proposal", "negotiation", "won"):
        moved = await anna.patch(f"{path}/status", {"status": status})
        assert (moved.status, moved.json["status"], moved.json["stage"]) == (200, status, status)
    assert moved.json["closed_at"] is not None
    refused = await anna.patch(f"{path}/status", {"status": "lost", "lost_reason": "Price"})
    assert (refused.status, refused.code) == (409, "lead_closed")
    opened = await anna.patch(f"{path}/status", {"status": "negotiation"})
    assert (opened.json["closed_at"], opened.json["version"]) == (None, 7)
    told = await make.logged(f"leads:{anna.team_id}", after=1)
    assert [e["type"] for e in told] == ["lead.updated"] * 5 + ["lead.won", "lead.updated"]
    assert told[0]["changes"] == {"status": ["new", "contacted"], "stage": ["new", "contacted"]}


async def test_a_lost_lead_has_a_reason_and_only_a_lost_one(make: Make):
    anna = await make.owner()
    lead = await make.lead(anna)
    path = f"/api/leads/{lead['id']}"
    assert (await anna.patch(f"{path}/status", {"status": "lost"})).wrong == {"lost_reason": "required"}
    assert (await anna.patch(path, {"status": "lost"})).wrong == {"lost_reason": "required"}
    assert (await anna.patch(path, {"lost_reason": "Price"})).wrong == {"lost_reason": "not_allowed"}
    assert (await anna.post("/api/leads", {"name": "Late", "status": "lost"})).wrong == {"lost_reason": "required"}
    lost = await anna.patch(f"{path}/status", {"status": "lost", "lost_reason": "Price"})
    assert (lost.json["status"], lost.json["lost_reason"]) == ("lost", "Price")
    assert (await make.logged(f"leads:{anna.team_id}"))[-1]["detail"] == {"reason": "Price"}
    renamed = await anna.patch(path, {"name": "Ida H."})
    assert renamed.json["lost_reason"] == "Price"
    opened = await anna.patch(path, {"status": "contacted"})
    assert (opened.json["lost_reason"], opened.json["closed_at"]) == (None, None)


async def test_a_stage_is_a_status_or_the_teams_own_within_it(make: Make):
    anna = await make.owner()
    lead = await make.lead(anna)
    path = f"/api/leads/{lead['id']}"

    async def place(body: dict[str, Any]) -> tuple[str, str]:
        answer = await anna.patch(path, body)
        assert answer == 200, answer
        return answer.json["status"], answer.json["stage"]

    assert await place({"stage": "qualified"}) == ("qualified", "qualified")
    assert await place({"stage": "Demo booked"}) == ("qualified", "Demo booked")
    assert await place({"score": 80}) == ("qualified", "Demo booked")
    assert await place({"stage": None}) == ("qualified", "qualified")
    assert await place({"status": "proposal", "stage": "Draft"}) == ("proposal", "Draft")
    assert await place({"status": "negotiation"}) == ("negotiation", "negotiation")
    assert (await anna.patch(path, {"status": "new", "stage": "won"})) == 422
    assert (await anna.patch(path, {"stage": "lost"})).wrong == {"lost_reason": "required"}


async def test_who_is_given_a_lead_is_told(make: Make):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    lead = await make.lead(anna)
    path = f"/api/leads/{lead['id']}/assign"
    answer = await anna.patch(path, {"assigned_to_id": ben.id})
    assert (answer.status, answer.json["assigned_to_id"]) == (200, ben.id)
    [told] = await make.heard(ben, "lead.assigned")
    assert told["detail"] == {"member_id": ben.member_id, "user_id": ben.id, "name": "Ben"}
    assert told["data"] == answer.json
    shown = (await anna.get(f"/api/leads/{lead['id']}?include=assigned_to")).json["assigned_to"]
    assert (shown["id"], shown["name"]) == (ben.id, "Ben")
    assert await anna.patch(path, {"assigned_to_id": ben.id}) == 200
    assert await anna.patch(path, {"assigned_to_id": None}) == 200
    assert len(await make.heard(ben, "lead.assigned")) == 1
    assert (await anna.patch(path, {"assigned_to_id": NOBODY})).wrong == {"assigned_to_id": "not_found"}
    assert (await anna.patch(path, {})).wrong == {"assigned_to_id": "required"}


async def test_speaking_with_a_lead_is_when_it_was_last_contacted(make: Make):
    anna = await make.owner()
    lead = await make.lead(anna)
    path = f"/api/leads/{lead['id']}"

    async def log(kind: str, at: str) -> str | None:
        about = {"kind": "lead", "id": lead["id"]}
        assert await anna.post("/api/activities", {"kind": kind, "title": "Talk", "at": at, "subject": about}) == 201
        return (await anna.get(path)).json["last_contact_at"]

    assert await log("note", "2026-11-01T09:00:00Z") is None
    assert await log("call", "2026-11-02T09:00:00Z") == "2026-11-02T09:00:00Z"
    assert await log("email", "2026-10-01T09:00:00Z") == "2026-11-02T09:00:00Z"
    told = await make.logged(f"leads:{anna.team_id}", after=1)
    assert [e["type"] for e in told] == ["activity.logged"] * 2 + ["lead.updated", "activity.logged"]


async def test_the_pipeline_counts_and_sums_each_stage(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    await make.lead(zoe, value="999")
    for value, more in (("100.10", {}), ("200.20", {}), ("5", {"currency": "USD"}), (None, {"stage": "Demo"})):
        await make.lead(anna, status="qualified", value=value, **more)
    last = await make.lead(anna, name="Ida Holm", status="won", value="50")
    board = (await anna.get("/api/leads/pipeline")).json
    stages = {s["stage"]: s for s in board["stages"]}
    assert list(stages) == ["new", "contacted", "qualified", "Demo", "proposal", "negotiation", "won", "lost"]
    assert [stages[n]["count"] for n in ("new", "qualified", "Demo", "won")] == [0, 3, 1, 1]
    qualified = stages["qualified"]
    assert (qualified["value"], qualified["currency"], len(qualified["leads"])) == ("300.30", "EUR", 3)
    assert qualified["values"] == [{"currency": "EUR", "value": "300.30"}, {"currency": "USD", "value": "5.00"}]
    assert (stages["Demo"]["status"], stages["Demo"]["value"], stages["won"]["leads"]) == ("qualified", "0.00", [last])
    assert (board["count"], board["room"], board["seq"]) == (5, f"leads:{anna.team_id}", 5)
    few = (await anna.get(f"/api/leads/pipeline?limit=1&source=manual&assigned_to_id={anna.id}")).json
    assert few["count"] == 0
    one = {s["stage"]: s for s in (await anna.get("/api/leads/pipeline?limit=1")).json["stages"]}
    assert (one["qualified"]["count"], len(one["qualified"]["leads"])) == (3, 1)
    found = (await anna.get("/api/leads/pipeline?q=hol ida")).json
    assert (found["count"], [s["leads"] for s in found["stages"] if s["count"]]) == (1, [[last]])


async def test_leads_are_filtered_searched_and_sorted(make: Make):
    anna = await make.owner()
    await make.lead(anna, name="Ida", email="Ida@Holm.example", score=10, value="5", company="Holm")
    await make.lead(anna, name="Per", phone="+4930901820", score=90, status="qualified", value="7")
    await make.lead(anna, name="Åse", score=50, status="lost", lost_reason="Price", position="Producer")

    async def names(query: str) -> list[str]:
        answer = await anna.get(f"/api/leads?{query}")
        assert answer == 200, answer
        return [lead["name"] for lead in answer.json["items"]]

    assert await names("sort=-score") == ["Per", "Åse", "Ida"]
    assert await names("sort=score&status[ne]=lost") == ["Ida", "Per"]
    assert await names("score[gt]=40&sort=score") == ["Åse", "Per"]
    assert await names("email=ida@holm.EXAMPLE") == ["Ida"]
    assert await names("phone=%2B4930901820") == ["Per"]
    assert await names("q=ase") == ["Åse"]
    assert await names("q=prod") == ["Åse"]
    assert await names("converted=true") == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"score": 101}, {"score": "too_large"}),
        ({"value": "1.234"}, {"value": "wrong_amount"}),
        ({"currency": "XQX"}, {"currency": "unknown_currency"}),
        ({"email": "nobody"}, {"email": "value_error"}),
        ({"assigned_to_id": NOBODY}, {"assigned_to_id": "not_found"}),
        ({"converted": None}, {"converted": "unknown_field"}),
    ],
)
async def test_what_is_wrong_is_named(make: Make, body: dict[str, Any], wrong: dict[str, str]):
    anna = await make.owner()
    assert (await anna.post("/api/leads", {"name": "Ida"} | body)).wrong == wrong
