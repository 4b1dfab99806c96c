"""Companies through the front door."""

from __future__ import annotations

import asyncio

import pytest

from tests.factories import Make

ADDRESS = {"line1": "", "line2": "", "city": "", "region": "", "postal_code": "", "country": None}


async def test_a_new_company_has_the_defaults_and_is_told(make: Make):
    anna = await make.owner()
    answer = await anna.post("/api/companies", {"name": "North", "domain": "HTTPS://www.North.example/about"})
    assert answer == 201, answer
    company = answer.json
    assert company == {
        "id": company["id"],
        "version": 1,
        "created_at": company["created_at"],
        "updated_at": company["created_at"],
        "name": "North",
        "domain": "north.example",
        "parent_id": None,
        "address": ADDRESS,
        "billing": {"name": "", "tax_id": "", "email": None, "address": ADDRESS, "currency": None},
        "owner_id": None,
        "tags": [],
        "external_id": None,
        "custom": {},
        "created_by": anna.id,
    }
    [told] = await make.logged(f"companies:{anna.team_id}")
    assert (told["type"], told["data"]) == ("company.created", company)


async def test_a_company_is_part_of_another_and_never_of_itself(make: Make):
    anna = await make.owner()
    group, firm, branch = [await make.company(anna) for _ in range(3)]
    for child, parent in ((firm, group), (branch, firm)):
        assert await anna.patch(f"/api/companies/{child['id']}", {"parent_id": parent["id"]}) == 200
    for parent in (group, firm, branch):
        refused = await anna.patch(f"/api/companies/{group['id']}", {"parent_id": parent["id"]})
        assert (refused.status, refused.code) == (409, "parent_cycle")
    shown = (await anna.get(f"/api/companies/{branch['id']}?include=parent")).json["parent"]
    assert shown == {"id": firm["id"], "version": 2, "name": firm["name"], "domain": None}
    parts = (await anna.get(f"/api/companies?parent_id={group['id']}")).json["items"]
    assert [c["id"] for c in parts] == [firm["id"]]
    assert (await anna.delete(f"/api/companies/{firm['id']}")).code == "still_referenced"
    assert await anna.delete(f"/api/companies/{branch['id']}") == 204
    assert (await make.logged(f"companies:{anna.team_id}"))[-1]["type"] == "company.deleted"


async def test_two_companies_put_under_each_other_at_once_make_no_circle(make: Make):
    anna = await make.owner()
    one, other = await make.company(anna), await make.company(anna)
    answers = await asyncio.gather(
        anna.patch(f"/api/companies/{one['id']}", {"parent_id": other["id"]}),
        anna.patch(f"/api/companies/{other['id']}", {"parent_id": one["id"]}),
    )
    assert sorted(a.status for a in answers) == [200, 409]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"domain": "north"}, {"domain": "not_a_domain"}),
        ({"billing": {"currency": "XQX"}}, {"billing.currency": "unknown_currency"}),
        ({"parent_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}, {"parent_id": "not_found"}),
    ],
)
async def test_what_is_wrong_is_named(make: Make, body: dict, wrong: dict):
    anna = await make.owner()
    assert (await anna.post("/api/companies", {"name": "North"} | body)).wrong == wrong


async def test_billing_keeps_what_is_not_sent(make: Make):
    anna = await make.owner()
    company = await make.company(anna, billing={"tax_id": "DE123456789", "currency": "CHF"})
    answer = await anna.patch(f"/api/companies/{company['id']}", {"billing": {"name": "North Ltd"}})
    assert answer.json["billing"] == company["billing"] | {"name": "North Ltd"}
