"""An import taken back whole: what has a life since is kept, and named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make
from tests.factories.people import Person
from tests.imports.conftest import counts, ended, imported, undone

pytestmark = pytest.mark.usefixtures("worker")


async def named(person: Person, kinds: str = "contacts") -> dict[str, Any]:
    return {c["name"]: c for c in (await person.get(f"/api/{kinds}?limit=200")).json["items"]}


async def test_all_that_was_made_is_gone_and_all_that_was_changed_is_as_before(make: Make):
    anna = await make.owner()
    field = {"entity": "contact", "label": "Camera", "type": "text"}
    assert await anna.post("/api/settings/custom-fields", field) == 201
    old = await make.contact(
        anna,
        name="Mara",
        emails=[{"email": "mara@north.example"}],
        phones=[{"phone": "+4930901820"}],
        address={"city": "Oslo", "country": "NO"},
        custom={"camera": "Alexa"},
    )
    text = (
        "Name,Email,Phone,City,Company,Owner,Tags,Camera\n"
        f"Mara L,mara@north.example,+4930222222,Bergen,Nordwind,{anna.user['email']},VIP,Venice\n"
        "Mara Lindqvist,mara@north.example,,,,,Press,\n"
        "Siv,siv@berg.example,,,Nordwind,,VIP,\n"
        "Siv Berg,siv@berg.example,,,,,,\n"
        "Bo,bo@dahl.example,,,,,,\n"
    )
    found = await imported(anna, "contacts", text)
    assert (found["error"], counts(found)) == (None, (2, 3, 0, 0))
    assert (await anna.get(f"/api/contacts/{old['id']}")).json["name"] == "Mara Lindqvist"
    seen = len(await make.logged(f"contacts:{anna.team_id}"))
    assert await undone(anna, found["id"]) == {"removed": 2, "restored": 1, "kept": [], "kept_count": 0}
    now = (await anna.get(f"/api/contacts/{old['id']}")).json
    assert now == old | {"version": now["version"], "updated_at": now["updated_at"]}
    assert list(await named(anna)) == ["Mara"]
    assert await named(anna, "companies") == {}, "the company was made for them"
    assert (await anna.get("/api/tags")).json["items"] == []
    found = (await anna.get(f"/api/imports/{found['id']}")).json
    assert found["state"] == "undone"
    told = (await make.logged(f"contacts:{anna.team_id}"))[seen:]
    assert sorted({e["type"] for e in told}) == ["contact.deleted", "contact.updated", "import.undone"]
    assert {k: told[-1]["detail"][k] for k in ("removed", "restored", "kept")} == {
        "removed": 2,
        "restored": 1,
        "kept": 0,
    }
    assert (await anna.post(f"/api/imports/{found['id']}/undo")).code == "import_undone"


async def test_what_was_changed_or_attached_since_is_kept_and_named(make: Make):
    anna = await make.owner()
    old = await make.contact(anna, name="Old", emails=[{"email": "old@x.example"}])
    names = ["Changed", "Tagged", "Noted", "Called", "Client", "Party", "Gone", "Free"]
    text = "Name,Email,Job title,Company\n" + "".join(f"{n},{n}@x.example,,Firm of {n}\n" for n in names)
    found = await imported(anna, "contacts", text + "Old,old@x.example,Boss,\n")
    assert counts(found) == (8, 1, 0, 0)
    here = {name: contact["id"] for name, contact in (await named(anna)).items()}
    assert await anna.patch(f"/api/contacts/{here['Changed']}", {"title": "Producer"}) == 200
    assert await anna.patch(f"/api/contacts/{old['id']}", {"title": "Editor"}) == 200
    assert await anna.post(f"/api/contacts/{here['Tagged']}/tags", {"names": ["VIP"]}) == 200
    assert await anna.post(f"/api/contacts/{here['Noted']}/notes", {"body": "Prefers tea."}) == 201
    call = {"kind": "call", "title": "First call", "subject": {"kind": "contact", "id": here["Called"]}}
    assert await anna.post("/api/activities", call) == 201
    await make.project(anna, client_id=here["Client"])
    await make.contract(anna, contact_id=here["Party"])
    assert await anna.delete(f"/api/contacts/{here['Gone']}") == 204
    result = await undone(anna, found["id"])
    assert (result["removed"], result["restored"], result["kept_count"]) == (1, 0, 7)
    kept = {k["id"]: k["reason"] for k in result["kept"]}
    assert kept == {
        here["Changed"]: "changed",
        here["Tagged"]: "changed",
        here["Noted"]: "attached",
        here["Called"]: "attached",
        here["Client"]: "attached",
        here["Party"]: "attached",
        old["id"]: "changed",
    }
    messages = {k["id"]: k["message"] for k in result["kept"]}
    assert messages[here["Noted"]] == "The contact has something attached since: note."
    assert set(await named(anna)) == {"Old", *names} - {"Gone", "Free"}
    firms = {"Firm of Gone", "Firm of Free"}
    assert set(await named(anna, "companies")) == {f"Firm of {n}" for n in names} - firms


async def test_a_tree_of_companies_and_converted_leads(make: Make):
    anna = await make.owner()
    text = "Name,Parent company\nHolding,\nPart,Holding\nPart of part,Part\n"
    found = await imported(anna, "companies", text)
    assert counts(found) == (3, 0, 0, 0), found
    assert (await undone(anna, found["id"]))["removed"] == 3
    found = await imported(anna, "leads", "Name,Email\nIda,ida@holm.example\nPer,per@lund.example\n")
    ida = (await named(anna, "leads"))["Ida"]
    assert await anna.post(f"/api/leads/{ida['id']}/convert", {}) == 200
    result = await undone(anna, found["id"])
    assert (result["removed"], [(k["id"], k["reason"]) for k in result["kept"]]) == (1, [(ida["id"], "changed")])


async def test_an_import_that_was_cancelled_or_failed_can_be_taken_back(make: Make, sql):
    anna = await make.owner()
    found = await imported(anna, "contacts", "Name\nMara\n")
    await sql("UPDATE data_import SET state = 'running' WHERE id = $1::text::uuid", found["id"])
    await sql("UPDATE job SET state = 'cancelled' WHERE id = $1::text::uuid", found["job_id"])
    path = f"/api/imports/{found['id']}"
    assert (await anna.get(path)).json["state"] == "failed"
    first = await anna.post(f"{path}/undo")
    assert first == 202
    assert (await ended(anna, first.json["job_id"]))["result"]["removed"] == 1
    assert await named(anna) == {}


async def test_a_member_takes_back_what_they_imported(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    found = await imported(ben, "contacts", "Name\nMara\n")
    mara = (await named(ben))["Mara"]
    assert await ben.delete(f"/api/contacts/{mara['id']}") == 403
    assert (await undone(ben, found["id"]))["removed"] == 1
    assert await named(anna) == {}
