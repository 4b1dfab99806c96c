"""Imports through the front door: tried, done, matched with what is there, and told of."""

from __future__ import annotations

import csv
import io

import pytest

from tests.factories import Make
from tests.imports.conftest import counts, ended, imported, people

pytestmark = pytest.mark.usefixtures("worker")
PEOPLE = """Full name;E-Mail;Telefon;Firma;Stadt;Notes
Mara Lindqvist;Mara@North.example;+49 30 901820;Nordwind;Århus;likes tea
Jörg Müller;jörg@nope;;;Kiel;
Siv Berg;siv@berg.example;;nordwind;;
"""


async def test_a_file_becomes_contacts_live_with_a_row_by_row_error_file(make: Make):
    anna = await make.owner()
    found = await imported(anna, "contacts", PEOPLE)
    assert (found["state"], found["total"], counts(found)) == ("done", 3, (2, 0, 0, 1))
    assert (found["kind"], found["format"], found["encoding"], found["delimiter"]) == ("contact", "csv", "utf-8", ";")
    assert {c["name"]: c["field"] for c in found["columns"]} == {
        "Full name": "name",
        "E-Mail": "email",
        "Telefon": "phone",
        "Firma": "company",
        "Stadt": "address.city",
        "Notes": None,
    }
    here = await people(anna)
    mara = here["Mara Lindqvist"]
    assert mara["emails"] == [{"email": "mara@north.example", "label": "", "primary": True}]
    assert (mara["phones"][0]["phone"], mara["address"]["city"]) == ("+4930901820", "Århus")
    assert mara["company"]["name"] == "Nordwind"
    assert here["Siv Berg"]["company"]["id"] == mara["company"]["id"], "one company, whatever the case"
    assert mara["created_by"] == anna.id
    told = await make.logged(f"contacts:{anna.team_id}")
    assert [e["type"] for e in told] == ["contact.created", "contact.created", "import.finished"]
    assert told[0]["data"] == {k: v for k, v in mara.items() if k != "company"}
    assert told[0]["actor"]["id"] == anna.id
    finished = {"kind": "contact", "file_name": "people.csv", "member_id": anna.member_id}
    assert told[2]["detail"] == finished | {"created": 2, "updated": 0, "skipped": 0, "failed": 1}
    errors = await anna.get(found["errors_url"])
    assert errors.headers["Content-Type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(errors.body.decode("utf-8-sig")))
    assert (row["Row"], row["Field"]) == ("3", "emails[0].email")
    assert (row["Full name"], row["E-Mail"]) == ("Jörg Müller", "jörg@nope")
    assert row["Message"]


async def test_a_dry_run_shows_what_would_be_done_and_start_does_it(make: Make):
    anna = await make.owner()
    await make.contact(anna, name="Old Mara", emails=[{"email": "mara@north.example"}])
    before = len(await make.logged(f"contacts:{anna.team_id}"))
    text = "Kunde,Mail,Rang\nMara,mara@north.example,1\nSiv,siv@berg.example,2\nsiv b,SIV@berg.example,3\n,,\n,,4\n"
    found = await imported(anna, "contacts", text, dry_run="true")
    assert (found["state"], found["total"], counts(found), found["dry_run"]) == ("previewed", 4, (1, 2, 0, 1), True)
    assert [(r["row"], r["outcome"]) for r in found["preview"]] == [
        (2, "updated"),
        (3, "created"),
        (4, "updated"),
        (6, "failed"),
    ]
    assert found["preview"][1]["values"]["emails"][0]["email"] == "siv@berg.example"
    assert found["columns"][0] == {"name": "Kunde", "field": None, "samples": ["Mara", "Siv", "siv b"]}
    assert {"name": "address.country", "label": "Country"} in found["fields"]
    assert list(await people(anna)) == ["Old Mara"], "nothing was written"
    assert len(await make.logged(f"contacts:{anna.team_id}")) == before
    path = f"/api/imports/{found['id']}"
    assert (await anna.post(f"{path}/undo")).code == "import_previewed"
    refused = await anna.post(f"{path}/start", {"mapping": {"Nobody": "name", "Rang": "rank", "Kunde": "email"}})
    assert refused.wrong == {"mapping.Nobody": "unknown_column", "mapping.Rang": "unknown_field"}
    answer = await anna.post(f"{path}/start", {"mapping": {"Kunde": "name"}})
    assert answer == 202, answer
    job = await ended(anna, answer.json["job_id"])
    assert job["result"] == {
        "import_id": found["id"],
        "total": 4,
        "created": 1,
        "updated": 2,
        "skipped": 0,
        "failed": 1,
    }
    found = (await anna.get(path)).json
    assert (found["state"], counts(found), found["dry_run"]) == ("done", (1, 2, 0, 1), False)
    assert set(await people(anna)) == {"Mara", "siv b"}
    assert (await anna.post(f"{path}/start")).code == "import_done"


async def test_rows_are_matched_by_external_id_address_and_number(make: Make):
    anna = await make.owner()
    by_id = await make.contact(anna, name="One", external_id="crm-1", emails=[{"email": "one@old.example"}])
    by_email = await make.contact(anna, name="Two", emails=[{"email": "a@two.example"}, {"email": "two@two.example"}])
    by_phone = await make.contact(anna, name="Three", phones=[{"phone": "+4930901820"}])
    shared = await make.contact(
        anna, name="Four", emails=[{"email": "four@x.example"}], phones=[{"phone": "+4930111111"}]
    )
    text = (
        "External ID,Name,Email,Phone,Job title\n"
        "crm-1,One,one@new.example,,Boss\n"
        ",Two,TWO@two.example,+49 30 222222,\n"
        ",Three,,+49 (30) 901820,Editor\n"
        ",Somebody else,five@x.example,+4930111111,\n"
        "crm-9,Two again,two@two.example,,\n"
        "crm-9,Two again,,,Grip\n"
    )
    found = await imported(anna, "contacts", text)
    assert (found["error"], counts(found)) == (None, (1, 5, 0, 0))
    one = (await anna.get(f"/api/contacts/{by_id['id']}")).json
    assert [e["email"] for e in one["emails"]] == ["one@old.example", "one@new.example"]
    assert (one["title"], one["emails"][0]["primary"], one["emails"][1]["primary"]) == ("Boss", True, False)
    two = (await anna.get(f"/api/contacts/{by_email['id']}")).json
    assert (two["external_id"], two["title"], two["phones"][0]["phone"]) == ("crm-9", "Grip", "+4930222222")
    assert (await anna.get(f"/api/contacts/{by_phone['id']}")).json["title"] == "Editor"
    assert (await anna.get(f"/api/contacts/{shared['id']}")).json == shared, "a shared telephone is no person"


async def test_what_is_there_may_be_left_alone(make: Make):
    anna = await make.owner()
    contact = await make.contact(anna, name="Mara", emails=[{"email": "mara@north.example"}])
    text = "Name,Email\nOther,mara@north.example\nSiv,siv@berg.example\nSiv,siv@berg.example\n"
    found = await imported(anna, "contacts", text, duplicates="skip")
    assert counts(found) == (1, 0, 2, 0)
    assert (await anna.get(f"/api/contacts/{contact['id']}")).json == contact
    again = await imported(anna, "contacts", text.replace("Other", "Mara"))
    assert counts(again) == (0, 0, 3, 0), "a row that changes nothing changes nothing"


async def test_own_fields_tags_owners_and_consent_are_imported(make: Make):
    anna = await make.owner()
    for field in (
        {"label": "Camera", "type": "select", "options": ["Alexa", "Venice"]},
        {"label": "Lenses", "type": "multi_select", "options": ["Wide", "Long"]},
        {"label": "Day rate", "type": "money", "currency": "EUR"},
        {"label": "Since", "type": "date"},
        {"label": "Takes", "type": "number"},
        {"label": "Insured", "type": "boolean"},
    ):
        assert await anna.post("/api/settings/custom-fields", field | {"entity": "contact"}) == 201
    text = (
        "Vorname,Nachname,Camera,Lenses,Day rate,Since,Takes,Insured,Tags,Owner,Email consent,Land\n"
        'Mara,Lind,venice,Long; wide,"€ 1.234,50",01.02.2026,"2,5",ja,"VIP, Press",'
        f"{anna.user['email']},yes,Deutschland\n"
        "Siv,Berg,Super 8,,,,,,,,,\n"
        "Bo,Dahl,,,,32.01.2026,,,,Nobody,,Atlantis\n"
    )
    found = await imported(anna, "contacts", text)
    assert (found["error"], counts(found)) == (None, (1, 0, 0, 2))
    [mara] = (await people(anna)).values()
    assert mara["custom"] == {
        "camera": "Venice",
        "lenses": ["Wide", "Long"],
        "day_rate": "1234.50",
        "since": "2026-02-01",
        "takes": 2.5,
        "insured": True,
    }
    assert (mara["name"], mara["owner_id"], mara["consent"]["email"]) == ("Mara Lind", anna.id, True)
    assert ([t["name"] for t in mara["tags"]], mara["address"]["country"]) == (["Press", "VIP"], "DE")
    assert mara["version"] == 1
    rows = list(csv.DictReader(io.StringIO((await anna.get(found["errors_url"])).body.decode("utf-8-sig"))))
    assert [(r["Row"], r["Field"]) for r in rows] == [
        ("3", "custom.camera"),
        ("4", "custom.since"),
        ("4", "owner"),
        ("4", "address.country"),
    ]


async def test_companies_and_leads_keep_their_own_rules(make: Make):
    anna = await make.owner()
    text = (
        "Company,Website,Parent company,VAT ID,Currency,City\n"
        "Nord Holding,https://www.nord.example/about,,,EUR,Kiel\n"
        "Nordwind,nordwind.example,Nord Holding,DE123,,\n"
        "Orphan,,Nobody Ltd,,,\n"
        "Odd,,,,XXX1,\n"
        "NORD holding,,,DE9,,\n"
    )
    found = await imported(anna, "companies", text)
    assert (found["error"], counts(found)) == (None, (2, 1, 0, 2))
    here = {c["name"]: c for c in (await anna.get("/api/companies?include=parent")).json["items"]}
    assert here["Nordwind"]["parent"]["id"] == here["NORD holding"]["id"]
    assert (here["NORD holding"]["domain"], here["NORD holding"]["billing"]["tax_id"]) == ("nord.example", "DE9")
    text = (
        "Name,Email,Phone,Company,Lead status,Amount,Currency,Lost reason,Score,Last contacted,Lead owner\n"
        f'Ida Holm,ida@holm.example,call me,Holm,Qualified,"1,200.50",USD,,70,2026-11-20,{anna.user["name"]}\n'
        "Per Lund,per@lund.example,,,lost,,,,,,\n"
        "Åse Moe,ase@moe.example,,,lost,900,,Too dear,,,\n"
    )
    found = await imported(anna, "leads", text)
    assert (found["error"], counts(found)) == (None, (2, 0, 0, 1))
    leads = {lead["name"]: lead for lead in (await anna.get("/api/leads")).json["items"]}
    ida = leads["Ida Holm"]
    assert (ida["status"], ida["stage"], ida["value"], ida["currency"]) == ("qualified", "qualified", "1200.50", "USD")
    assert (ida["phone"], ida["source"], ida["score"], ida["assigned_to_id"]) == ("call me", "import", 70, anna.id)
    assert (ida["last_contact_at"], leads["Åse Moe"]["currency"]) == ("2026-11-20T00:00:00Z", "EUR")
    assert leads["Åse Moe"]["closed_at"] is not None


@pytest.mark.parametrize("format", ["csv", "xlsx", "vcf"])
async def test_what_was_exported_is_imported_as_it_was(make: Make, format: str):
    anna, zoe = await make.owner(), await make.owner()
    contact = await make.contact(
        anna,
        name="=Mara; Lindqvist",
        emails=[{"email": "mara@north.example"}, {"email": "m@home.example"}],
        phones=[{"phone": "+4930901820"}],
        title="Producer",
        address={"line1": "Kai 1", "city": "Århus", "postal_code": "8000", "country": "DK"},
    )
    assert await anna.post(f"/api/contacts/{contact['id']}/tags", {"names": ["VIP"]}) == 200
    contact = (await anna.get(f"/api/contacts/{contact['id']}")).json
    file = (await anna.get(f"/api/contacts/export?format={format}")).body
    again = await imported(anna, "contacts", file, name=f"export.{format}")
    assert (again["error"], again["format"], counts(again)) == (None, format, (0, 0, 1, 0))
    assert (await anna.get(f"/api/contacts/{contact['id']}")).json == contact
    found = await imported(zoe, "contacts", file)
    assert counts(found) == (1, 0, 0, 0), found
    [copy] = (await people(zoe)).values()
    same = ("name", "emails", "phones", "title", "address", "kind")
    assert {n: copy[n] for n in same} == {n: contact[n] for n in same}
    assert [t["name"] for t in copy["tags"]] == ["VIP"]
