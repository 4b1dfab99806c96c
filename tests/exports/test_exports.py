"""Exports through the front door: the list that the caller sees, whole, in each format."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
import vobject
from python_calamine import CalamineWorkbook

from server.core.formulas import guarded, unguarded
from server.exports import table
from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.http import Answer

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EVIL = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", "'=1", "''=1"]


def rows_of(answer: Answer) -> list[dict[str, str]]:
    assert answer == 200, answer
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


def sheet_of(answer: Answer) -> list[dict[str, Any]]:
    assert (answer.status, answer.headers["Content-Type"]) == (200, XLSX)
    head, *rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.body)).get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


async def exported(person: Person, path: str) -> list[dict[str, str]]:
    return rows_of(await person.get(path))


async def test_a_contact_is_exported_with_all_that_there_is(make: Make):
    anna = await make.owner()
    field = {"entity": "contact", "label": "Cameras", "type": "multi_select", "options": ["Alexa", "Venice"]}
    assert await anna.post("/api/settings/custom-fields", field) == 201
    company = await make.company(anna, name='Nord "Wind", GmbH')
    contact = await make.contact(
        anna,
        name="Mara Lindqvist",
        emails=[{"email": "m@home.example"}, {"email": "mara@north.example", "primary": True}],
        phones=[{"phone": "+4930901820"}],
        company_id=company["id"],
        owner_id=anna.id,
        address={"line1": "Kai 1\n2. Hof", "city": "Århus", "country": "DK"},
        consent={"email": True},
        custom={"cameras": ["Venice", "Alexa"]},
    )
    contact = (await anna.post(f"/api/contacts/{contact['id']}/tags", {"names": ["VIP", "Press"]})).json
    answer = await anna.get("/api/contacts/export")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="contacts-20')
    assert rows_of(answer) == [
        {
            "MediaFlow ID": contact["id"],
            "External ID": "",
            "Name": "Mara Lindqvist",
            "Kind": "client",
            "Email": "mara@north.example",
            "Other emails": "m@home.example",
            "Phone": "+4930901820",
            "Other phones": "",
            "Company": 'Nord "Wind", GmbH',
            "Job title": "",
            "Street": "Kai 1\n2. Hof",
            "Address line 2": "",
            "City": "Århus",
            "Region": "",
            "Postal code": "",
            "Country": "DK",
            "Owner": anna.user["email"],
            "Email consent": "yes",
            "SMS consent": "no",
            "Tags": "Press, VIP",
            "Cameras": "Alexa; Venice",
            "Created at": contact["created_at"],
            "Updated at": contact["updated_at"],
        }
    ]


async def test_an_export_is_exactly_the_filtered_list(make: Make, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table, "AT_ONCE", 2)  # pages of two, so that there are several
    anna = await make.owner()
    tagged = await make.contact(anna, name="Zoé", kind="vendor")
    for name in ("Adam", "Mia", "Zora", "Ömer"):
        await make.contact(anna, name=name, kind="vendor" if name != "Mia" else "client")
    assert await anna.post(f"/api/contacts/{tagged['id']}/tags", {"names": ["VIP"]}) == 200
    for query in (
        "sort=name",
        "sort=-name&kind=vendor",
        "q=zo&sort=name",
        "tag=vip",
        "kind[ne]=vendor",
        "kind=freelancer",
    ):
        listed = [c["name"] for c in (await anna.get(f"/api/contacts?{query}")).json["items"]]
        assert [r["Name"] for r in await exported(anna, f"/api/contacts/export?{query}")] == listed, query
    assert len(await exported(anna, "/api/contacts/export")) == 5


async def test_companies_and_leads_are_exported_in_each_format(make: Make):
    anna = await make.owner()
    parent = await make.company(anna, name="Nordwind Holding")
    await make.company(
        anna, name="Nordwind", domain="nordwind.example", parent_id=parent["id"], billing={"tax_id": "DE1"}
    )
    await make.lead(anna, name="Ida Holm", company="Holm", value="900", score=7, assigned_to_id=anna.id)
    [first] = await exported(anna, "/api/companies/export?domain=nordwind.example")
    assert (first["Name"], first["Parent company"], first["Tax ID"]) == ("Nordwind", "Nordwind Holding", "DE1")
    [lead] = sheet_of(await anna.get("/api/leads/export?format=xlsx"))
    assert (lead["Name"], lead["Value"], lead["Currency"], lead["Score"]) == ("Ida Holm", "900.00", "EUR", 7)
    assert (lead["Assigned to"], lead["Status"]) == (anna.user["email"], "new")
    answer = await anna.get("/api/companies/export?format=vcf&sort=name")
    assert answer.headers["Content-Type"] == "text/vcard; charset=utf-8"
    cards: list[Any] = list(vobject.readComponents(answer.body.decode()))
    assert [(c.fn.value, c.org.value) for c in cards] == [
        ("Nordwind", ["Nordwind"]),
        ("Nordwind Holding", ["Nordwind Holding"]),
    ]


async def test_a_card_says_what_the_contact_is(make: Make):
    anna = await make.owner()
    name = "Jörg Müller-" + "ü" * 60
    company = await make.company(anna, name="Studio; Nord, GmbH\\")
    contact = await make.contact(
        anna,
        name=name,
        emails=[{"email": "j@north.example"}, {"email": "k@north.example"}],
        phones=[{"phone": "+4930901820"}],
        company_id=company["id"],
        title="Producer",
        address={"line1": "Kai 1", "city": "Kiel", "postal_code": "24103", "country": "DE"},
    )
    answer = await anna.get("/api/contacts/export?format=vcf")
    assert max(len(line) for line in answer.body.split(b"\r\n")) <= 75
    card: Any = vobject.readOne(answer.body.decode())
    assert (card.fn.value, card.n.value.family, card.n.value.given) == (name, name.split(" ")[1], "Jörg")
    assert [e.value for e in card.contents["email"]] == ["j@north.example", "k@north.example"]
    assert (card.tel.value, card.org.value, card.title.value) == ("+4930901820", ["Studio; Nord, GmbH\\"], "Producer")
    assert (card.adr.value.street, card.adr.value.city, card.adr.value.code) == ("Kai 1", "Kiel", "24103")
    assert card.uid.value == f"urn:uuid:{contact['id']}"


@pytest.mark.parametrize("format", ["csv", "xlsx"])
async def test_nothing_in_a_file_runs(make: Make, format: str):
    anna = await make.owner()
    for name in EVIL:
        await make.contact(anna, name=f"{name}", title=name.strip(), phones=[{"phone": "+4930901820"}])
    answer = await anna.get(f"/api/contacts/export?format={format}")
    rows = rows_of(answer) if format == "csv" else sheet_of(answer)
    cells = [str(value) for row in rows for name, value in row.items() if name in ("Name", "Job title")]
    assert len(cells) == 2 * len(EVIL)
    assert [c for c in cells if not c.startswith("'")] == []
    assert {row["Phone"] for row in rows} == {"+4930901820"}, "a number is no formula"


def test_what_was_guarded_comes_back():
    for text in [*EVIL, "Mara", "", "'quoted'", "-5", "+4930901820", "a=b", "- a list"]:
        assert unguarded(guarded(text)) == text
    assert [guarded(t) for t in ("Mara", "-5.50", "+4930901820", 7, None)] == ["Mara", "-5.50", "+4930901820", 7, None]


@pytest.mark.parametrize("kinds", ["contacts", "companies", "leads"])
async def test_who_is_kept_to_their_own_exports_their_own(make: Make, kinds: str):
    anna = await make.owner()
    ben = await make.member(anna)
    for person in (anna, ben):
        assert await person.post(f"/api/{kinds}", {"name": f"Of {person.user['name']}"}) == 201
    path = f"/api/{kinds}/export"
    assert len(await exported(ben, path)) == 2
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {kinds: "own"}}}) == 200
    assert [r["Name"] for r in await exported(ben, path)] == [f"Of {ben.user['name']}"]
    assert len(await exported(anna, path)) == 2


async def test_a_hidden_companys_name_is_not_exported(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    company = await make.company(anna, name="Secret client")
    await make.contact(anna, company_id=company["id"])
    assert (await exported(ben, "/api/contacts/export"))[0]["Company"] == "Secret client"
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {"companies": "own"}}}) == 200
    assert (await exported(ben, "/api/contacts/export"))[0]["Company"] == ""


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("format=pdf", "format"),
        ("limit=5", "limit"),
        ("cursor=x", "cursor"),
        ("total=true", "total"),
        ("include=owner", "include"),
        ("sort=nothing", "sort"),
        ("kind=friend", "kind"),
        ("nobody=1", "nobody"),
    ],
)
async def test_what_an_export_does_not_know_is_refused(make: Make, query: str, wrong: str):
    anna = await make.owner()
    answer = await anna.get(f"/api/contacts/export?{query}")
    assert (answer.status, list(answer.wrong)) == (422, [wrong])
    both = await anna.get(f"/api/contacts/export?{query}&limit=x&sort=nothing_at_all")
    assert set(both.wrong) >= {"limit"}


async def test_another_team_exports_nothing_of_ours(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    await make.contact(anna)
    assert await exported(zoe, "/api/contacts/export") == []
