"""Contacts through the front door."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make

ADDRESS = {"line1": "", "line2": "", "city": "", "region": "", "postal_code": "", "country": None}


async def test_a_new_contact_has_the_defaults_and_is_told(make: Make):
    anna = await make.owner()
    answer = await anna.post("/api/contacts", {"name": "Mara Lindqvist"})
    assert answer == 201, answer
    contact = answer.json
    assert (answer.headers["Location"], answer.headers["ETag"]) == (f"/api/contacts/{contact['id']}", '"1"')
    assert contact == {
        "id": contact["id"],
        "version": 1,
        "created_at": contact["created_at"],
        "updated_at": contact["created_at"],
        "kind": "client",
        "name": "Mara Lindqvist",
        "emails": [],
        "phones": [],
        "company_id": None,
        "title": None,
        "address": ADDRESS,
        "owner_id": None,
        "tags": [],
        "consent": {"email": False, "sms": False},
        "external_id": None,
        "custom": {},
        "created_by": anna.id,
    }
    assert (await anna.get(f"/api/contacts/{contact['id']}")).json == contact
    [told] = await make.logged(f"contacts:{anna.team_id}")
    assert (told["type"], told["data"], told["subject"]["version"]) == ("contact.created", contact, 1)


async def test_one_address_and_one_number_are_primary(make: Make):
    anna = await make.owner()
    contact = await make.contact(
        anna,
        emails=[{"email": "Mara@Studio-North.example"}, {"email": "m@home.example", "label": "home"}],
        phones=[{"phone": "+49 (30) 901820-00"}, {"phone": "+44 20 7946 0958", "primary": True}],
    )
    assert contact["emails"] == [
        {"email": "mara@studio-north.example", "label": "", "primary": True},
        {"email": "m@home.example", "label": "home", "primary": False},
    ]
    assert contact["phones"] == [
        {"phone": "+493090182000", "label": "", "primary": False},
        {"phone": "+442079460958", "label": "", "primary": True},
    ]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"emails": [{"email": "a@b.example", "primary": True}, {"email": "c@d.example", "primary": True}]}, "emails"),
        ({"emails": [{"email": "a@b.example"}, {"email": "A@B.example"}]}, "emails"),
        ({"emails": [{"email": "nobody"}]}, "emails[0].email"),
        ({"phones": [{"phone": "+49 30 901820"}, {"phone": "+4930901820"}]}, "phones[1].phone"),
        ({"phones": [{"phone": "030 901820"}]}, "phones[0].phone"),
        ({"phones": [{"phone": "+49 30 901820"}, {"phone": "call me"}]}, "phones[1].phone"),
        ({"kind": "friend"}, "kind"),
        ({"company_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}, "company_id"),
        ({"owner_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}, "owner_id"),
        ({"consent": {"fax": True}}, "consent.fax"),
        ({"tags": []}, "tags"),
    ],
)
async def test_what_is_wrong_is_named(make: Make, body: dict[str, Any], wrong: str):
    anna = await make.owner()
    answer = await anna.post("/api/contacts", {"name": "Mara"} | body)
    assert (answer.status, list(answer.wrong)) == (422, [wrong])


async def test_a_number_without_a_country_is_of_the_address_or_the_team(make: Make):
    anna = await make.owner()
    french = await make.contact(anna, phones=[{"phone": "01 42 68 53 00"}], address={"country": "FR"})
    assert french["phones"][0]["phone"] == "+33142685300"
    business = {"name": "Studio", "address": {"country": "DE"}}
    assert await anna.put("/api/settings/business", business) == 200
    german = await make.contact(anna, phones=[{"phone": "030 901820"}])
    assert german["phones"][0]["phone"] == "+4930901820"


async def test_a_change_answers_the_whole_contact_and_is_told(make: Make):
    anna = await make.owner()
    company = await make.company(anna)
    contact = await make.contact(anna, consent={"email": True}, address={"city": "Oslo", "country": "NO"})
    path = f"/api/contacts/{contact['id']}"
    answer = await anna.patch(
        path, {"company_id": company["id"], "consent": {"sms": True}, "address": {"city": "Bergen"}}
    )
    assert answer == 200, answer
    expected = contact | {
        "company_id": company["id"],
        "consent": {"email": True, "sms": True},
        "address": ADDRESS | {"city": "Bergen", "country": "NO"},
        "version": 2,
        "updated_at": answer.json["updated_at"],
    }
    assert answer.json == expected
    [updated] = await make.logged(f"contacts:{anna.team_id}", after=1)
    assert (updated["type"], updated["data"]) == ("contact.updated", expected)
    assert updated["changes"] == {
        name: [contact[name], expected[name]] for name in ("company_id", "consent", "address")
    }
    assert (await anna.patch(path, {"consent": {"sms": True}})).json == expected
    assert len(await make.logged(f"contacts:{anna.team_id}")) == 2
    assert (await anna.get(f"{path}?include=company,owner")).json == expected | {"company": company, "owner": None}


async def test_put_replaces_what_is_editable(make: Make):
    anna = await make.owner()
    contact = await make.contact(anna, title="Producer", consent={"sms": True}, phones=[{"phone": "+4930901820"}])
    answer = await anna.put(f"/api/contacts/{contact['id']}", {"name": "Only a name"})
    gone = {"name": "Only a name", "title": None, "consent": {"email": False, "sms": False}, "phones": []}
    assert answer.json == contact | gone | {"version": 2, "updated_at": answer.json["updated_at"]}


async def test_lists_are_filtered_searched_sorted_and_paged(make: Make):
    anna = await make.owner()
    company = await make.company(anna, name="Nordwind")
    await make.contact(anna, name="Zoé", emails=[{"email": "zoe@a.example"}, {"email": "z@b.example"}])
    await make.contact(anna, name="Adam", kind="vendor", company_id=company["id"], phones=[{"phone": "+4930901820"}])
    await make.contact(anna, name="Mia", title="Zone lead", address={"city": "Århus"}, external_id="crm-7")

    async def names(query: str) -> list[str]:
        answer = await anna.get(f"/api/contacts?sort=name&{query}")
        assert answer == 200, answer
        return [c["name"] for c in answer.json["items"]]

    assert await names("") == ["Adam", "Mia", "Zoé"]
    assert await names("email=Z@B.example") == ["Zoé"]
    assert await names("email[null]=true") == ["Adam", "Mia"]
    assert await names("phone=%2B4930901820,%2B11") == ["Adam"]
    assert await names("kind=vendor&company_id=" + company["id"]) == ["Adam"]
    assert await names("external_id=crm-7") == ["Mia"]
    assert await names("q=zo") == ["Mia", "Zoé"]
    assert await names("q=aarhus") == []
    assert await names("q=arhus") == ["Mia"]
    assert await names("q=b.example") == ["Zoé"]
    page = (await anna.get("/api/contacts?include=company&sort=name&limit=1&total=true")).json
    assert (page["items"][0]["company"], page["total"]) == (company, 3)
    people = (await anna.get(f"/api/companies/{company['id']}/contacts")).json["items"]
    assert [p["name"] for p in people] == ["Adam"]


async def test_an_external_id_is_of_one_contact(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    await make.contact(anna, external_id="hub-1")
    assert (await anna.post("/api/contacts", {"name": "Twin", "external_id": "hub-1"})).code == "external_id_taken"
    await make.contact(zoe, external_id="hub-1")


async def test_the_teams_own_fields_are_checked_shown_searched_and_filtered(make: Make):
    anna = await make.owner()
    field = {"entity": "contact", "label": "Camera", "type": "select", "options": ["Alexa", "Venice"]}
    assert await anna.post("/api/settings/custom-fields", field) == 201
    contact = await make.contact(anna, custom={"camera": "Venice"})
    await make.contact(anna)
    assert contact["custom"] == {"camera": "Venice"}
    answer = await anna.patch(f"/api/contacts/{contact['id']}", {"custom": {"camera": "Super 8"}})
    assert answer.wrong == {"custom.camera": "not_allowed"}
    for query in ("custom.camera=Venice", "q=venice"):
        assert (await anna.get(f"/api/contacts?{query}")).json["items"] == [contact]


async def test_a_project_is_for_a_contact_or_a_company(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    contact = await make.contact(anna, emails=[{"email": "mara@north.example"}], phones=[{"phone": "+4930901820"}])
    company = await make.company(anna, billing={"email": "pay@north.example"})
    foreign = await make.contact(zoe)
    assert (await anna.post("/api/projects", {"name": "Film", "client_id": foreign["id"]})).wrong == {
        "client_id": "not_found"
    }
    film = await make.project(anna, client_id=contact["id"])
    site = await make.project(anna, client_id=company["id"])
    shown = (await anna.get(f"/api/projects/{film['id']}?include=client")).json["client"]
    assert shown == {
        "id": contact["id"],
        "version": 1,
        "kind": "contact",
        "name": contact["name"],
        "email": "mara@north.example",
        "phone": "+4930901820",
    }
    listed = (await anna.get("/api/projects?include=client&sort=-created_at")).json["items"]
    assert [(p["client"]["kind"], p["client"]["email"]) for p in listed] == [
        ("company", "pay@north.example"),
        ("contact", "mara@north.example"),
    ]
    found = (await anna.get(f"/api/contacts/{contact['id']}/projects")).json["items"]
    assert found == [film]
    assert (await anna.delete(f"/api/contacts/{contact['id']}")).code == "still_referenced"
    assert await anna.patch(f"/api/projects/{film['id']}", {"client_id": None}) == 200
    assert await anna.delete(f"/api/contacts/{contact['id']}") == 204
    assert await anna.get(f"/api/contacts/{contact['id']}") == 404
    assert (await make.logged(f"contacts:{anna.team_id}"))[-1]["detail"] == {"name": contact["name"]}
    assert (await anna.get(f"/api/projects/{site['id']}")).json["client_id"] == company["id"]


async def test_a_member_changes_contacts_and_deletes_none(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    contact = await make.contact(ben)
    assert await ben.patch(f"/api/contacts/{contact['id']}", {"name": "Better"}) == 200
    refused = await ben.delete(f"/api/contacts/{contact['id']}")
    assert (refused.status, refused.json["permission"]) == (403, "contacts:delete")


async def test_another_teams_contact_does_not_exist(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    contact = await make.contact(anna)
    for method in ("GET", "PATCH", "DELETE"):
        assert await zoe.ask(method, f"/api/contacts/{contact['id']}", json={} if method == "PATCH" else None) == 404
