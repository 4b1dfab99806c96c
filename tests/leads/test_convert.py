"""A lead becomes a contact, a company and a project, with nothing that hung on it lost."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.factories import Make
from tests.factories.people import Person


async def ready(make: Make, anna: Person, **fields: Any) -> tuple[dict[str, Any], str]:
    """A lead with something of everything."""
    known = {"email": "ida@holm.example", "phone": "+4930901820", "company": "Holm", "position": "Producer"}
    lead = await make.lead(anna, name="Ida", value="1500", **known | fields)
    path = f"/api/leads/{lead['id']}"
    assert await anna.post(f"{path}/tags", {"names": ["Warm"]}) == 200
    assert await anna.post(f"{path}/notes", {"body": "Likes blue."}) == 201
    about = {"kind": "lead", "id": lead["id"]}
    assert await anna.post("/api/activities", {"kind": "call", "title": "First call", "subject": about}) == 201
    return (await anna.get(path)).json, path


async def test_all_that_hung_on_the_lead_is_the_contacts_too(make: Make):
    anna = await make.owner()
    lead, path = await ready(make, anna, assigned_to_id=anna.id)
    notes = (await anna.get(f"{path}/notes")).json["items"]
    answer = await anna.post(f"{path}/convert", {"company": True, "project": {"name": "Holm film"}})
    assert answer == 200, answer
    made = answer.json
    contact, company, project = made["contact"], made["company"], made["project"]
    assert (contact["name"], contact["title"], contact["owner_id"]) == ("Ida", "Producer", anna.id)
    assert contact["emails"] == [{"email": "ida@holm.example", "label": "", "primary": True}]
    assert contact["phones"] == [{"phone": "+4930901820", "label": "", "primary": True}]
    assert (contact["company_id"], company["name"]) == (company["id"], "Holm")
    assert (project["name"], project["client_id"], project["budget"]) == ("Holm film", contact["id"], "1500.00")
    assert made["lead"]["converted"] | {"at": ""} == {
        "at": "",
        "contact_id": contact["id"],
        "company_id": company["id"],
        "project_id": project["id"],
    }
    assert (made["lead"]["status"], made["lead"]["version"]) == ("won", lead["version"] + 1)
    assert (await anna.get(path)).json == made["lead"]
    of_contact = f"/api/contacts/{contact['id']}"
    assert (await anna.get(of_contact)).json == contact
    assert contact["tags"] == lead["tags"]
    assert (await anna.get(f"{of_contact}/notes")).json["items"] == notes
    assert (await anna.get(f"{path}/notes")).json["items"] == notes
    told = [i["type"] for i in (await anna.get(f"{of_contact}/activities")).json["items"]]
    assert {"lead.created", "lead.converted", "note.created", "activity.logged", "contact.created"} <= set(told)
    kinds = [e["type"] for e in await make.logged(f"leads:{anna.team_id}")]
    assert kinds[-3:] == ["lead.updated", "lead.won", "lead.converted"]
    assert await anna.delete(path) == 204
    assert [n["body"] for n in (await anna.get(f"{of_contact}/notes")).json["items"]] == ["Likes blue."]


async def test_a_lead_is_converted_once_even_by_two_at_once(make: Make):
    anna = await make.owner()
    _, path = await ready(make, anna)
    answers = await asyncio.gather(*(anna.post(f"{path}/convert", {}) for _ in range(4)))
    assert sorted(a.status for a in answers) == [200, 409, 409, 409]
    assert {a.code for a in answers if a.status == 409} == {"lead_converted"}
    assert len((await anna.get("/api/contacts")).json["items"]) == 1
    refused = await anna.patch(f"{path}/status", {"status": "new"})
    assert (refused.status, refused.code) == (409, "lead_converted")


async def test_a_conversion_that_fails_leaves_nothing(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    lead, path = await ready(make, anna, company=None)
    before = await make.logged(f"leads:{anna.team_id}")
    for person, body, status, code in (
        (anna, {"company": True}, 422, "required"),
        (ben, {"project": {"name": "Film"}}, 403, "permission_denied"),
    ):
        answer = await person.post(f"{path}/convert", body)
        assert answer.status == status, answer
        assert code in (answer.code, *(answer.wrong.values() if status == 422 else ()))
    assert (await anna.get(path)).json == lead
    assert (await anna.get("/api/contacts")).json["items"] == []
    assert await make.logged(f"leads:{anna.team_id}") == before


async def test_a_lead_is_made_the_draft_of_a_proposal(make: Make):
    anna = await make.owner()
    lead, path = await ready(make, anna)
    made = (await anna.post(f"{path}/convert", {"proposal": {"title": "Holm film"}})).json
    proposal = made["proposal"]
    assert (proposal["title"], proposal["lead_id"], proposal["client_id"]) == (
        "Holm film",
        lead["id"],
        made["contact"]["id"],
    )
    assert [r["email"] for r in proposal["recipients"]] == ["ida@holm.example"]
    assert (await anna.post(f"/api/proposals/{proposal['id']}/send")).json["links"][0]["email"] == "ida@holm.example"
    other = await make.lead(anna, email=None)
    assert (await anna.post(f"/api/leads/{other['id']}/convert", {"proposal": True})).json["proposal"][
        "recipients"
    ] == []


async def test_a_company_that_is_known_is_not_made_again(make: Make):
    anna = await make.owner()
    company = await make.company(anna, name="HOLM")
    _, path = await ready(make, anna)
    made = (await anna.post(f"{path}/convert", {"company": True})).json
    assert made["company"] == company


async def test_leads_of_one_new_company_that_are_converted_at_once_are_of_one_company(make: Make):
    anna = await make.owner()
    paths = [(await ready(make, anna, company=name))[1] for name in ("Holm", "HOLM", "holm", "Holm")]
    answers = await asyncio.gather(*(anna.post(f"{path}/convert", {"company": True}) for path in paths))
    assert [a.status for a in answers] == [200] * 4
    assert len({a.json["company"]["id"] for a in answers}) == 1
    assert len((await anna.get("/api/companies")).json["items"]) == 1


async def test_what_is_no_phone_number_is_kept_as_a_note(make: Make):
    anna = await make.owner()
    lead = await make.lead(anna, phone="ask for Ida, ext. 7")
    contact = (await anna.post(f"/api/leads/{lead['id']}/convert", {})).json["contact"]
    [note] = (await anna.get(f"/api/contacts/{contact['id']}/notes")).json["items"]
    assert (contact["phones"], note["body"]) == ([], "Phone, as the lead had it: ask for Ida, ext. 7")


async def test_fields_of_the_team_that_both_kinds_have_are_carried_over(make: Make):
    anna = await make.owner()
    for entity, type in (("lead", "text"), ("contact", "text"), ("company", "number")):
        field = {"entity": entity, "label": "Campaign", "type": type}
        assert await anna.post("/api/settings/custom-fields", field) == 201
    lead = await make.lead(anna, company="Holm", custom={"campaign": "Spring"})
    made = (await anna.post(f"/api/leads/{lead['id']}/convert", {"company": True})).json
    assert (made["contact"]["custom"], made["company"]["custom"]) == ({"campaign": "Spring"}, {})
