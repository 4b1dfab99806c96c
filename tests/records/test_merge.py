"""Two contacts, or two companies, become one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make
from tests.factories.people import Person

NOBODY = "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"


async def merged(person: Person, kind: str, kept: dict[str, Any], gone: dict[str, Any]) -> dict[str, Any]:
    answer = await person.post(f"/api/{kind}/{kept['id']}/merge", {"from_id": gone["id"]})
    assert answer == 200, answer
    return answer.json


async def test_the_kept_contact_has_what_both_had(make: Make):
    anna = await make.owner()
    company = await make.company(anna)
    for label in ("Size", "Campaign"):
        assert (
            await anna.post("/api/settings/custom-fields", {"entity": "contact", "label": label, "type": "text"}) == 201
        )
    kept = await make.contact(
        anna,
        name="Mara Lindqvist",
        emails=[{"email": "mara@north.example"}],
        custom={"size": "M"},
        external_id="a-1",
    )
    gone = await make.contact(
        anna,
        name="M. Lindqvist",
        title="Producer",
        company_id=company["id"],
        owner_id=anna.id,
        emails=[{"email": "MARA@north.example"}, {"email": "m@home.example"}],
        phones=[{"phone": "+493090182000"}],
        address={"city": "Berlin"},
        custom={"size": "S", "campaign": "spring"},
        external_id="b-2",
    )
    now = await merged(anna, "contacts", kept, gone)
    assert now["version"] == kept["version"] + 1
    assert (now["name"], now["title"], now["company_id"], now["owner_id"]) == (
        "Mara Lindqvist",
        "Producer",
        company["id"],
        anna.id,
    )
    assert [(e["email"], e["primary"]) for e in now["emails"]] == [
        ("mara@north.example", True),
        ("m@home.example", False),
    ]
    assert [(p["phone"], p["primary"]) for p in now["phones"]] == [("+493090182000", True)]
    assert (now["address"]["city"], now["custom"]) == ("Berlin", {"size": "M", "campaign": "spring"})
    assert (await anna.get(f"/api/contacts/{kept['id']}")).json == now
    assert [c["id"] for c in (await anna.get("/api/contacts?phone=%2B493090182000")).json["items"]] == [kept["id"]]
    told = await make.logged(f"contacts:{anna.team_id}")
    assert [e["type"] for e in told[2:]] == ["contact.deleted", "contact.updated", "contact.merged"]
    assert told[-1]["data"] == now
    assert told[-1]["detail"] == {
        "from_id": gone["id"],
        "from_name": "M. Lindqvist",
        "dropped": {"name": "M. Lindqvist", "external_id": "b-2", "custom": {"size": "S"}},
    }


async def test_an_external_id_goes_to_the_one_that_has_none(make: Make):
    anna = await make.owner()
    kept, gone = await make.contact(anna), await make.contact(anna, external_id="b-2")
    assert (await merged(anna, "contacts", kept, gone))["external_id"] == "b-2"


async def test_nothing_that_hung_on_the_other_contact_is_lost(make: Make):
    anna = await make.owner()
    kept, gone = await make.contact(anna), await make.contact(anna)
    path, old = f"/api/contacts/{kept['id']}", f"/api/contacts/{gone['id']}"
    assert await anna.post(f"{path}/tags", {"names": ["VIP"]}) == 200
    assert await anna.post(f"{old}/tags", {"names": ["vip", "Press"]}) == 200
    note = (await anna.post(f"{old}/notes", {"body": "Prefers mornings."})).json
    about = {"kind": "contact", "id": gone["id"]}
    call = (await anna.post("/api/activities", {"kind": "call", "title": "Call", "subject": about})).json
    project = await make.project(anna, client_id=gone["id"])
    contract = await make.contract(anna, contact_id=gone["id"])
    lead = await make.lead(anna, name="Per Lund")
    became = (await anna.post(f"/api/leads/{lead['id']}/convert", {})).json["contact"]
    await merged(anna, "contacts", gone, became)
    now = await merged(anna, "contacts", kept, gone)
    assert [t["name"] for t in now["tags"]] == ["Press", "VIP"]
    notes = (await anna.get(f"{path}/notes")).json["items"]
    assert [(n["id"], n["subject"]["id"]) for n in notes] == [(note["id"], kept["id"])]
    assert (await anna.get(f"/api/activities/{call['id']}")).json["subject"] == about | {"id": kept["id"]}
    assert (await anna.get(f"/api/projects/{project['id']}")).json["client_id"] == kept["id"]
    assert (await anna.get(f"/api/contracts/{contract['id']}")).json["contact_id"] == kept["id"]
    assert (await anna.get(f"/api/leads/{lead['id']}")).json["converted"]["contact_id"] == kept["id"]
    [told] = (await make.happened(anna, project))[-1:]
    assert (told["type"], told["changes"]) == ("project.updated", {"client_id": [gone["id"], kept["id"]]})
    [told] = (await make.logged(f"contracts:{anna.team_id}"))[-1:]
    assert (told["type"], told["changes"]) == ("contract.updated", {"contact_id": [gone["id"], kept["id"]]})
    feed = [item["type"] for item in (await anna.get(f"{path}/activities")).json["items"]]
    assert feed[0] == "contact.merged"
    assert feed.count("contact.created") == 3, "the history of all three"
    assert {"note.created", "activity.logged"} <= set(feed)


async def test_the_old_id_leads_to_the_one_that_stays(make: Make):
    anna = await make.owner()
    first, second, third = [await make.contact(anna) for _ in range(3)]
    await merged(anna, "contacts", second, first)
    await merged(anna, "contacts", third, second)
    for gone in (first, second):
        answer = await anna.get(f"/api/contacts/{gone['id']}?include=company")
        assert (answer.status, answer.code) == (308, "merged")
        assert answer.headers["Location"] == f"/api/contacts/{third['id']}?include=company"
        answer = await anna.post(f"/api/contacts/{gone['id']}/notes", {"body": "Hello"})
        assert (answer.status, answer.headers["Location"]) == (308, f"/api/contacts/{third['id']}/notes")
        assert await anna.patch(f"/api/contacts/{gone['id']}", {"name": "x"}) == 308
    assert await anna.delete(f"/api/contacts/{third['id']}") == 204
    assert await anna.get(f"/api/contacts/{first['id']}") == 404


async def test_a_merge_that_makes_no_sense_is_refused(make: Make):
    anna = await make.owner()
    kept, gone = await make.contact(anna), await make.contact(anna)
    path = f"/api/contacts/{kept['id']}/merge"
    assert (await anna.post(path, {"from_id": kept["id"]})).wrong == {"from_id": "same_record"}
    assert (await anna.post(path, {"from_id": NOBODY})).wrong == {"from_id": "not_found"}
    company = await make.company(anna)
    assert (await anna.post(path, {"from_id": company["id"]})).wrong == {"from_id": "not_found"}
    assert (await anna.post(path, {})).wrong == {"from_id": "required"}
    key = {"Idempotency-Key": "once"}
    first = await anna.post(path, {"from_id": gone["id"]}, headers=key)
    assert (await anna.post(path, {"from_id": gone["id"]}, headers=key)).json == first.json
    again = await anna.post(path, {"from_id": gone["id"]})
    assert (again.status, again.code, again.json["into_id"]) == (409, "already_merged", kept["id"])


async def test_what_one_record_cannot_hold_is_refused_and_nothing_is_changed(make: Make):
    anna = await make.owner()
    kept = await make.contact(anna, emails=[{"email": f"a{n}@x.example"} for n in range(11)])
    gone = await make.contact(anna, emails=[{"email": f"b{n}@x.example"} for n in range(11)])
    answer = await anna.post(f"/api/contacts/{kept['id']}/merge", {"from_id": gone["id"]})
    assert (answer.status, answer.code) == (409, "too_many_entries")
    one, other = await make.company(anna), await make.company(anna)
    for company, letter in ((one, "a"), (other, "b")):
        names = [f"{letter}{n}" for n in range(30)]
        assert await anna.post(f"/api/companies/{company['id']}/tags", {"names": names}) == 200
    answer = await anna.post(f"/api/companies/{one['id']}/merge", {"from_id": other["id"]})
    assert (answer.status, answer.code) == (409, "too_many_tags")
    assert await anna.get(f"/api/companies/{other['id']}") == 200
    assert len((await anna.get(f"/api/companies/{one['id']}")).json["tags"]) == 30


async def test_two_contacts_that_are_consultants_are_one_consultant(make: Make):
    anna = await make.owner()
    one = await make.consultant(anna, name="Kim Dahl", skills=["Sound"])
    other = await make.consultant(anna, name="Kim Dal", skills=["Light", "Sound"], day_rate="480.00", currency="NOK")
    answer = await anna.post(f"/api/contacts/{one['contact_id']}/merge", {"from_id": other["contact_id"]})
    assert answer == 200, answer
    now = (await anna.get(f"/api/consultants/{one['id']}")).json
    assert (now["skills"], now["day_rate"], now["currency"]) == (["Sound", "Light"], "480.00", "NOK")
    assert await anna.get(f"/api/consultants/{other['id']}") == 308
    assert (await make.logged(f"consultants:{anna.team_id}"))[-1]["type"] == "consultant.merged"


async def test_a_consultant_follows_their_contact(make: Make):
    anna = await make.owner()
    kept, kim = await make.contact(anna, name="Kim Dahl"), await make.consultant(anna, name="K. Dahl")
    assert await anna.post(f"/api/contacts/{kept['id']}/merge", {"from_id": kim["contact_id"]}) == 200
    now = (await anna.get(f"/api/consultants/{kim['id']}")).json
    assert (now["contact_id"], now["name"]) == (kept["id"], "Kim Dahl")


async def test_people_parts_and_contracts_follow_their_company(make: Make):
    anna = await make.owner()
    kept, gone = await make.company(anna, domain="north.example"), await make.company(anna, domain="south.example")
    person = await make.contact(anna, company_id=gone["id"])
    part = await make.company(anna, parent_id=gone["id"])
    contract = await make.contract(anna, company_id=gone["id"])
    project = await make.project(anna, client_id=gone["id"])
    assert (await merged(anna, "companies", kept, gone))["domain"] == "north.example"
    for path, name in (
        (f"/api/contacts/{person['id']}", "company_id"),
        (f"/api/companies/{part['id']}", "parent_id"),
        (f"/api/contracts/{contract['id']}", "company_id"),
        (f"/api/projects/{project['id']}", "client_id"),
    ):
        assert (await anna.get(path)).json[name] == kept["id"]
    [told] = (await make.logged(f"contacts:{anna.team_id}"))[-1:]
    assert (told["type"], told["changes"]) == ("contact.updated", {"company_id": [gone["id"], kept["id"]]})
    feed = (await anna.get(f"/api/companies/{kept['id']}/activities")).json["items"]
    assert feed[0]["type"] == "company.merged"
    assert feed[0]["sentence"].endswith(f"merged “{gone['name']}” into “{kept['name']}”")


@pytest.mark.parametrize("kept", ["top", "middle", "low"])
@pytest.mark.parametrize("gone", ["top", "middle", "low"])
async def test_companies_stay_a_tree(make: Make, kept: str, gone: str):
    if kept == gone:
        return
    anna = await make.owner()
    above = await make.company(anna)
    top = await make.company(anna, name="top", parent_id=above["id"])
    middle = await make.company(anna, name="middle", parent_id=top["id"])
    low = await make.company(anna, name="low", parent_id=middle["id"])
    ids = {"top": top["id"], "middle": middle["id"], "low": low["id"]}
    answer = await anna.post(f"/api/companies/{ids[kept]}/merge", {"from_id": ids[gone]})
    assert answer == 200, answer
    found = {c["id"]: c["parent_id"] for c in (await anna.get("/api/companies")).json["items"]}
    assert set(found) == {above["id"], *ids.values()} - {ids[gone]}
    for id in found:
        seen = {id}
        while (id := found[id]) is not None:
            assert id not in seen, "a circle"
            seen.add(id)
        assert above["id"] in seen


async def test_who_may_merge(make: Make):
    anna = await make.owner()
    ben, cleo = await make.member(anna), await make.member(anna, "manager")
    kept, gone = await make.contact(anna), await make.contact(anna)
    path = f"/api/contacts/{kept['id']}/merge"
    refused = await ben.post(path, {"from_id": gone["id"]})
    assert (refused.status, refused.json["permission"]) == (403, "contacts:delete")
    assert await cleo.post(path, {"from_id": gone["id"]}) == 200
    assert await ben.get(f"/api/contacts/{gone['id']}") == 308


async def test_who_is_kept_to_their_own_is_led_only_to_what_they_see(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {"contacts": "own"}}}) == 200
    annas, bens = await make.contact(anna, owner_id=anna.id), await make.contact(ben)
    await merged(anna, "contacts", annas, bens)
    assert await ben.get(f"/api/contacts/{bens['id']}") == 404
    assert [e["type"] for e in await make.heard(ben)] == ["contact.created", "contact.deleted"]
