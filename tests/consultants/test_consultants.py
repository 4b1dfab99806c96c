"""Consultants through the front door."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make


async def test_a_consultant_is_a_contact_there_is(make: Make):
    anna = await make.owner()
    contact = await make.contact(anna, name="Mara")
    body = {"contact_id": contact["id"], "skills": ["Grading", "Sound", "Grading"], "day_rate": "640"}
    answer = await anna.post("/api/consultants", body)
    assert answer == 201, answer
    consultant = answer.json
    assert consultant == {
        "id": consultant["id"],
        "version": 1,
        "created_at": consultant["created_at"],
        "updated_at": consultant["created_at"],
        "contact_id": contact["id"],
        "name": "Mara",
        "skills": ["Grading", "Sound"],
        "day_rate": "640.00",
        "currency": "EUR",
        "available_from": None,
        "available_until": None,
        "tags": [],
        "custom": {},
        "created_by": anna.id,
    }
    shown = (await anna.get(f"/api/consultants/{consultant['id']}?include=contact")).json
    assert shown == consultant | {"contact": contact}
    [told] = await make.logged(f"consultants:{anna.team_id}")
    assert (told["type"], told["data"]) == ("consultant.created", consultant)
    assert (await anna.post("/api/consultants", body)).code == "consultant_exists"
    assert (await anna.delete(f"/api/contacts/{contact['id']}")).code == "still_referenced"
    assert await anna.delete(f"/api/consultants/{consultant['id']}") == 204
    assert await anna.get(f"/api/contacts/{contact['id']}") == 200


async def test_a_consultant_is_a_new_contact(make: Make):
    anna = await make.owner()
    body = {"name": "Ben", "emails": [{"email": "ben@cut.example"}], "title": "Editor", "skills": ["Edit"]}
    consultant = (await anna.post("/api/consultants", body)).json
    path = f"/api/contacts/{consultant['contact_id']}"
    contact = (await anna.get(path)).json
    assert (contact["kind"], contact["name"], contact["title"]) == ("consultant", "Ben", "Editor")
    changed = await anna.patch(
        f"/api/consultants/{consultant['id']}", {"name": "Benno", "address": {"city": "Oslo"}, "day_rate": "500"}
    )
    assert (changed.json["name"], changed.json["day_rate"], changed.json["skills"]) == ("Benno", "500.00", ["Edit"])
    after = (await anna.get(path)).json
    assert (after["name"], after["title"], after["address"]["city"]) == ("Benno", "Editor", "Oslo")
    put = await anna.put(f"/api/consultants/{consultant['id']}", {"contact_id": contact["id"], "skills": ["Sound"]})
    assert (put.json["name"], put.json["skills"], put.json["day_rate"]) == ("Benno", ["Sound"], None)
    other = await make.contact(anna)
    refused = await anna.put(f"/api/consultants/{consultant['id']}", {"contact_id": other["id"]})
    assert refused.wrong == {"contact_id": "read_only"}


async def test_a_renamed_person_is_sent_anew(make: Make):
    anna = await make.owner()
    made = await anna.post("/api/consultants", {"name": "Ben"})
    path = f"/api/consultants/{made.json['id']}"
    asking = {"If-None-Match": made.headers["ETag"]}
    assert await anna.get(path, headers=asking) == 304
    assert await anna.patch(f"/api/contacts/{made.json['contact_id']}", {"name": "Benno"}) == 200
    assert (await anna.get(path, headers=asking)).json["name"] == "Benno"


async def test_a_new_name_is_a_change_of_the_consultant_heard_once(make: Make):
    anna = await make.owner()
    made = (await anna.post("/api/consultants", {"name": "Ben", "day_rate": "500"})).json
    path = f"/api/consultants/{made['id']}"
    for _ in range(2):
        answer = await anna.patch(path, {"name": "Benno"})
        assert (answer.json["name"], answer.json["version"], answer.headers["ETag"]) == ("Benno", 2, '"2"')
    assert await anna.patch(path, {"title": "Editor"}) == 200
    late = await anna.patch(path, {"name": "Bo"}, headers={"If-Match": '"1"'})
    assert (late.status, (await anna.get(path)).json["name"]) == (412, "Benno")
    _, told = await make.logged(f"consultants:{anna.team_id}")
    assert (told["type"], told["changes"]) == ("consultant.updated", {"name": ["Ben", "Benno"]})
    assert told["data"] == answer.json


async def test_consultants_are_found_by_skill_and_by_day(make: Make):
    anna = await make.owner()
    for name, skills, start, end in (
        ("Ada", ["Grading"], None, None),
        ("Ben", ["Sound", "Grading"], "2026-12-01", "2026-12-31"),
        ("Cleo", ["Motion design"], "2027-01-01", None),
    ):
        body = {"name": name, "skills": skills, "available_from": start, "available_until": end}
        assert await anna.post("/api/consultants", body) == 201

    async def names(query: str) -> list[str]:
        answer = await anna.get(f"/api/consultants?sort=name&{query}")
        assert answer == 200, answer
        return [c["name"] for c in answer.json["items"]]

    assert await names("skill=Grading") == ["Ada", "Ben"]
    assert await names("available_on=2026-12-31") == ["Ada", "Ben"]
    assert await names("available_on=2027-02-01") == ["Ada", "Cleo"]
    assert await names("q=motion") == ["Cleo"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"contact_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}, {"contact_id": "not_found"}),
        (
            {"name": "A", "available_from": "2026-12-02", "available_until": "2026-12-01"},
            {"available_until": "before_start"},
        ),
        ({"name": "A", "day_rate": "1.234"}, {"day_rate": "wrong_amount"}),
        ({"skills": ["Sound"]}, {"name": "required"}),
        ({"name": "A", "contact_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}, {"contact_id": "both_given"}),
    ],
)
async def test_what_is_wrong_is_named(make: Make, body: dict[str, Any], wrong: dict[str, str]):
    anna = await make.owner()
    assert (await anna.post("/api/consultants", body)).wrong == wrong


async def test_rates_are_not_for_members(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    refused = await ben.get("/api/consultants")
    assert (refused.status, refused.json["permission"]) == (403, "consultants:read")
