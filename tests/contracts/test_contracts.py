"""Contracts through the front door."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make


async def test_a_new_contract_has_the_defaults_and_is_told(make: Make):
    anna = await make.owner()
    company = await make.company(anna)
    body = {"title": "Frame agreement", "company_id": company["id"], "value": "12000", "start_on": "2026-01-01"}
    answer = await anna.post("/api/contracts", body)
    assert answer == 201, answer
    contract = answer.json
    assert contract == {
        "id": contract["id"],
        "version": 1,
        "created_at": contract["created_at"],
        "updated_at": contract["created_at"],
        "title": "Frame agreement",
        "company_id": company["id"],
        "contact_id": None,
        "status": "draft",
        "value": "12000.00",
        "currency": "EUR",
        "start_on": "2026-01-01",
        "end_on": None,
        "notice_days": None,
        "tags": [],
        "custom": {},
        "created_by": anna.id,
    }
    shown = (await anna.get(f"/api/contracts/{contract['id']}?include=company,contact")).json
    assert shown == contract | {"company": company, "contact": None}
    assert (await anna.get(f"/api/companies/{company['id']}/contracts")).json["items"] == [contract]
    [told] = await make.logged(f"contracts:{anna.team_id}")
    assert (told["type"], told["data"]) == ("contract.created", contract)
    assert (await anna.delete(f"/api/companies/{company['id']}")).code == "still_referenced"


async def test_a_contract_keeps_to_its_life(make: Make):
    anna = await make.owner()
    path = f"/api/contracts/{(await make.contract(anna))['id']}"

    async def go(status: str) -> tuple[int, str]:
        answer = await anna.patch(f"{path}/status", {"status": status})
        return answer.status, answer.code or answer.json["status"]

    assert await go("expired") == (409, "status_not_allowed")
    assert await go("active") == (200, "active")
    assert await go("active") == (200, "active")
    assert await go("draft") == (409, "status_not_allowed")
    assert await go("expired") == (200, "expired")
    assert await go("active") == (200, "active")
    assert await go("terminated") == (200, "terminated")
    assert await go("active") == (409, "status_not_allowed")
    assert (await anna.patch(path, {"status": "draft"})).code == "status_not_allowed"
    told = await make.logged(f"contracts:{anna.team_id}", after=1)
    assert [e["changes"]["status"][1] for e in told] == ["active", "expired", "active", "terminated"]


async def test_contracts_are_filtered_searched_and_sorted(make: Make):
    anna = await make.owner()
    for title, end, status, value in (
        ("Café films", "2027-03-01", "active", "100"),
        ("Hosting", None, "active", "20"),
        ("Retainer", "2026-12-31", "draft", "900"),
    ):
        await make.contract(anna, title=title, end_on=end, status=status, value=value)

    async def titles(query: str) -> list[str]:
        answer = await anna.get(f"/api/contracts?{query}")
        assert answer == 200, answer
        return [c["title"] for c in answer.json["items"]]

    assert await titles("sort=end_on") == ["Retainer", "Café films", "Hosting"]
    assert await titles("end_on[lte]=2027-01-01") == ["Retainer"]
    assert await titles("status=active&sort=value") == ["Hosting", "Café films"]
    assert await titles("q=cafe") == ["Café films"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"end_on": "2026-01-01", "start_on": "2026-01-02"}, {"end_on": "before_start"}),
        ({"company_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}, {"company_id": "not_found"}),
        ({"contact_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}, {"contact_id": "not_found"}),
        ({"status": "signed"}, {"status": "not_allowed"}),
        ({"notice_days": -1}, {"notice_days": "too_small"}),
        ({"value": "12.345"}, {"value": "wrong_amount"}),
    ],
)
async def test_what_is_wrong_is_named(make: Make, body: dict[str, Any], wrong: dict[str, str]):
    anna = await make.owner()
    assert (await anna.post("/api/contracts", {"title": "Frame"} | body)).wrong == wrong


async def test_contracts_are_not_for_members(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    contract = await make.contract(anna)
    refused = await ben.get(f"/api/contracts/{contract['id']}")
    assert (refused.status, refused.json["permission"]) == (403, "contracts:read")
    assert (await ben.post(f"/api/contracts/{contract['id']}/notes", {"body": "Mine"})).status == 403
    about = {"kind": "contract", "id": contract["id"]}
    logged = {"kind": "call", "title": "Renewal", "subject": about}
    assert (await ben.post("/api/activities", logged)).wrong == {"subject.id": "not_found"}
    call = await anna.post("/api/activities", logged)
    assert call == 201, call
    assert await ben.get(f"/api/activities/{call.json['id']}") == 404
    assert (await ben.get("/api/activities")).json["items"] == []


async def test_a_contract_has_no_files_yet(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    contract = await make.contract(anna)
    path = f"/api/contracts/{contract['id']}/files"
    assert (await anna.get(f"{path}?limit=5")).json == {"items": [], "next_cursor": None}
    assert await zoe.get(path) == 404
