"""Files as they come: encodings, separators, workbooks, cards; and files that mean harm."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
import xlsxwriter

from tests.factories import Make
from tests.imports.conftest import counts, imported, sent

pytestmark = pytest.mark.usefixtures("worker")
GERMAN = "Name;Stadt;Straße\nJörg Müller;Köln;Große Straße 1\nÄnne Weiß;München;Blücherplatz 2\n"
POLISH = "Name;Stadt;Straße\nŁukasz Żółć;Łódź;Święty Marcin\nGrażyna Śliwa;Kraków;ulica Długa\n"
RUSSIAN = "Name;Stadt;Firma\nИван Петров;Москва;Большая студия\nОльга Смирнова;Казань;Северный ветер\n"


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (GERMAN, "utf-8", "utf-8"),
        (GERMAN, "utf-8-sig", "utf-8-sig"),
        (GERMAN, "cp1252", "cp1252"),
        (GERMAN, "utf-16", "utf-16"),
        (GERMAN, "utf-16-le", "utf-16-le"),
        (POLISH, "cp1250", "cp1250"),
        (RUSSIAN, "cp1251", "cp1251"),
    ],
)
async def test_an_encoding_is_found_out(make: Make, text: str, encoding: str, found: str):
    anna = await make.owner()
    file = await imported(anna, "contacts", text.encode(encoding), dry_run="true")
    assert (file["error"], file["encoding"]) == (None, found)
    names = [r["values"]["name"] for r in file["preview"]]
    assert names == [line.split(";")[0] for line in text.splitlines()[1:]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
async def test_a_separator_is_found_out(make: Make, delimiter: str):
    anna = await make.owner()
    rows = [["Name", "Email", "Notes"], ["Lind, Mara", "m@x.example", "a; b | c"], ["Siv", "s@x.example", ""]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    found = await imported(anna, "contacts", text, dry_run="true")
    assert (found["delimiter"], [r["values"]["name"] for r in found["preview"]]) == (delimiter, ["Lind, Mara", "Siv"])


async def test_excels_own_line_and_odd_headers_are_understood(make: Make):
    anna = await make.owner()
    text = "sep=;\n\nName;Name;;E-mail 1 - Value;E-mail 2 - Value\nMara;x;y;a@x.example;b@x.example;\n"
    found = await imported(anna, "contacts", text, dry_run="true")
    assert [(c["name"], c["field"]) for c in found["columns"]] == [
        ("Name", "name"),
        ("Name (2)", None),
        ("Column 3", None),
        ("E-mail 1 - Value", "email"),
        ("E-mail 2 - Value", "email"),
    ]
    assert [e["email"] for e in found["preview"][0]["values"]["emails"]] == ["a@x.example", "b@x.example"]


def workbook(rows: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("Empty")
        sheet, day = book.add_worksheet("People"), book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for place, cell in enumerate(row):
                sheet.write(number, place, cell, *([day] if place == 3 else []))
    return file.getvalue()


async def test_a_workbook_is_read_by_its_cells(make: Make):
    anna = await make.owner()
    field = {"entity": "lead", "label": "Shoot", "type": "date"}
    assert await anna.post("/api/settings/custom-fields", field) == 201
    rows = [["Name", "Score", "Phone", "Shoot", "Value"], ["Mara", 70.0, 4930901820, 46082, 12.5], [], ["Siv", None]]
    found = await imported(anna, "leads", workbook(rows), name="whatever.bin")
    assert (found["error"], found["format"], counts(found)) == (None, "xlsx", (2, 0, 0, 0))
    leads = {lead["name"]: lead for lead in (await anna.get("/api/leads")).json["items"]}
    mara = leads["Mara"]
    assert (mara["score"], mara["phone"], mara["custom"], mara["value"]) == (
        70,
        "4930901820",
        {"shoot": "2026-03-01"},
        "12.50",
    )


CARDS = (
    b"BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;;\r\n"
    b"FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=B6rg =\r\nM=C3=BCller\r\nTEL;CELL:+491701234567\r\n"
    b"TEL;PREF;WORK:+4930901820\r\nEMAIL;INTERNET:j@x.example\r\nORG:Studio;Dept\r\n"
    b"ADR;WORK:;;Str 1;Berlin;;10115;Germany\r\nPHOTO;ENCODING=BASE64;TYPE=JPEG:" + b"A" * 2_000_000 + b"\r\n"
    b"END:VCARD\r\n"
    b"BEGIN:VCARD\nVERSION:3.0\nN:Berg;Siv;;;\nFN:Siv Berg\nitem1.EMAIL;type=INTERNET;type=pref:siv@x.example\n"
    b"item1.X-ABLabel:work\nTITLE:Producer\\, senior\nCATEGORIES:VIP,Press\nPHOTO;ENCODING=b:AAAA\n  AAAA\nEND:VCARD\n"
    b"BEGIN:VCARD\nVERSION:3.0\nthis is no line\nFN:Broken\nEND:VCARD\n"
    b"BEGIN:VCARD\nVERSION:4.0\nFN:Mara L\nEMAIL;TYPE=work:b@x.example\nEMAIL;PREF=1:a@x.example\n"
    b'TEL;VALUE=uri;TYPE="voice,home":tel:+33-1-42-68-53-00\nADR;LABEL="42\\nPlace":;;Rue 1;Paris;;75001;FR\n'
    b"UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1\nKIND:individual\nEND:VCARD\n"
    b"BEGIN:VCARD\nVERSION:3.0\nN:Ende;Ohne;;;\n"
)


async def test_cards_of_every_version_are_read_and_a_broken_one_spoils_no_other(make: Make):
    anna = await make.owner()
    found = await imported(anna, "contacts", CARDS, name="all.vcf")
    assert (found["error"], found["total"], counts(found)) == (None, 5, (3, 0, 0, 2))
    here = {c["name"]: c for c in (await anna.get("/api/contacts?include=company")).json["items"]}
    jorg, siv, mara = here["Jörg Müller"], here["Siv Berg"], here["Mara L"]
    assert [p["phone"] for p in jorg["phones"]] == ["+4930901820", "+491701234567"]
    assert (jorg["address"]["country"], jorg["company"]["name"]) == ("DE", "Studio")
    assert (siv["title"], [t["name"] for t in siv["tags"]]) == ("Producer, senior", ["Press", "VIP"])
    assert [e["email"] for e in mara["emails"]] == ["a@x.example", "b@x.example"]
    assert (mara["phones"][0]["phone"], mara["address"]["city"]) == ("+33142685300", "Paris")
    assert mara["external_id"] == "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1"
    assert counts(await imported(anna, "contacts", CARDS)) == (0, 0, 3, 2)


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7\n1 0 obj",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
        b'[{"name": "Mara"}]',
        b"<html><body>Name,Email</body></html>",
        b"Name\x00\x01\x02\x03\x04\x05\x06" * 20,
    ],
)
async def test_what_is_no_table_is_refused_at_once(make: Make, content: bytes):
    anna = await make.owner()
    answer = await sent(anna, "contacts", content, name="people.csv")
    assert (answer.status, answer.code) == (415, "unknown_format")


async def test_what_is_too_large_is_refused_at_once(make: Make):
    anna = await make.owner()
    answer = await sent(anna, "contacts", b"Name\n" + b"x" * 51 * 1024 * 1024)
    assert (answer.status, answer.code) == (413, "too_large")


def bomb() -> bytes:
    """A workbook of a few megabytes that unpacks to more than a gigabyte of text."""
    plain = io.BytesIO(workbook([["Name"], ["Mara"]]))
    file = io.BytesIO()
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name in source.namelist():
            if name != "xl/sharedStrings.xml":
                target.writestr(name, source.read(name))
        with target.open("xl/sharedStrings.xml", "w", force_zip64=True) as strings:
            head = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
            strings.write(head)
            for _ in range(1200):
                strings.write(b"A" * 1024 * 1024)
            strings.write(b"</t></si></sst>")
    return file.getvalue()


def far_away() -> bytes:
    """A workbook with two cells, as far from each other as can be."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "Name")
        sheet.write(1_048_575, 16_383, "Mara")
    return file.getvalue()


@pytest.mark.parametrize("make_file", [bomb, far_away])
async def test_a_workbook_that_unpacks_without_end_harms_nobody(make: Make, make_file: Any):
    anna = await make.owner()
    found = await imported(anna, "contacts", make_file())
    assert (found["state"], found["error"]) == (
        "failed",
        "The workbook is too large when it is unpacked. Save it as CSV.",
    )


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"Name,Email\n" + b"x" * 2_000_000, "a line of more than 1,048,576 characters"),
        (b'Name,Email\nMara,"not closed\n' + b"Siv,s@x.example\n" * 20_000, "Is a quote not closed?"),
        (b"PK\x03\x04 no zip at all", "no workbook that can be read"),
        (b"Nothing,Known\n1,2\n", "No column of the file is known"),
        (b",".join(b"c%d" % n for n in range(400)) + b"\n1\n", "400 columns"),
        (b"sep=#\nName#Email\n", "separator"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(make: Make, content: bytes, why: str):
    anna = await make.owner()
    found = await imported(anna, "contacts", content)
    assert (found["state"], counts(found)) == ("failed", (0, 0, 0, 0))
    assert why in found["error"]
    job = (await anna.get(f"/api/jobs/{found['job_id']}")).json
    assert (job["state"], job["last_error"], job["attempt"]) == ("dead", found["error"], 1)


async def test_a_row_with_zeros_or_too_many_cells_fails_alone(make: Make):
    anna = await make.owner()
    text = "Name,Email\nMa\x00ra,m@x.example\nSiv,s@x.example,more,\nBo,b@x.example,,\n"
    found = await imported(anna, "contacts", text + "Ok,ok@x.example\n" * 40)
    assert (found["error"], counts(found)) == (None, (2, 0, 39, 2))
    errors = (await anna.get(found["errors_url"])).body.decode()
    assert "Has a control character." in errors
    assert "More cells than columns: 1 too many." in errors
