"""Paper through the front door: PDFs for both sides, the sealed one, its certificate, and whether one is genuine."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from tests.factories import Make
from tests.factories.people import Person
from tests.factories.proposals import Recipient
from tests.helpers.certificates import PATH, bring, check, pkcs12
from tests.helpers.http import Answer
from tests.helpers.pdfs import fonts, words
from tests.helpers.pictures import picture
from tests.helpers.processes import ROOT, Process, until

Start = Callable[..., Awaitable[Process]]
Sql = Callable[..., Awaitable[list[asyncpg.Record]]]
FILM = {"description": "Film", "unit_price": "1000.00", "tax_rate": "19"}
WAIT = {"Prefer": "wait=25"}
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"


async def printed(client: Any, path: str) -> Answer:
    """The PDF, once it is there."""

    async def look() -> Answer | None:
        answer = await client.get(path, headers=WAIT | {"User-Agent": BROWSER})
        assert answer.status in (200, 202), answer
        return answer if answer.status == 200 else None

    found = await until(look, 90)
    assert found is not None
    return found


async def offered(make: Make, anna: Person, *emails: str, **fields: Any) -> tuple[dict[str, Any], list[Recipient]]:
    people = [
        {"name": e.partition("@")[0].title(), "email": e, "language": "de", "timezone": "Europe/Berlin"} for e in emails
    ]
    return await make.sent(anna, FILM, title="Brand film", recipients=people, **fields)


async def sign(one: Recipient, name: str) -> None:
    digest = (await one.read()).json["digest"]
    answer = await one.act("sign", name=name, digest=digest, consent=True)
    assert answer == 200, answer


async def test_a_draft_is_printed_for_who_may_read_it(printer: object, make: Make, background: Start) -> None:
    anna = await make.owner(team_name="Studio Nord")
    draft = await make.proposal(anna, FILM, title="Brand film")
    path = f"/api/proposals/{draft['id']}/pdf"
    waiting = await anna.get(path, headers={"Prefer": "wait=0"})
    assert waiting == 202
    assert (await anna.get(f"/api/jobs/{waiting.json['job_id']}")).json["state"] == "queued"
    await background("tasks.worker")
    answer = await printed(anna, path)
    text = "".join(words(answer.body))
    for said in ("Brandfilm", "StudioNord", "Draft", "€1,000.00", "€190.00", "€1,190.00"):
        assert said in text, said
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'inline; filename="draft-v1.pdf"'
    again = await anna.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    assert await anna.get(path + "?version=7") == 404
    assert await anna.get(path + "?version=x") == 422
    ben = await make.owner()
    assert await ben.get(path) == 404


async def test_a_recipient_gets_theirs_in_their_language_and_it_is_counted(
    printer: object, make: Make, background: Start, sql: Sql
) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna, "ida@holm.example")
    await background("tasks.worker")
    answer = await printed(ida, f"/api/proposals/public/{ida.link}/pdf")
    assert (await printed(ida, f"/p/{ida.link}/pdf")).body == answer.body
    assert "Zwischensumme1.000,00€Steuer190,00€Gesamt1.190,00€" in "".join(words(answer.body))
    [visit] = (await anna.get(f"/api/proposals/{proposal['id']}/views")).json["items"]
    assert visit["downloaded_at"] is not None
    assert (await ida.get(f"/api/proposals/public/{ida.link}x/pdf")) == 404
    assert await anna.post(f"/api/proposals/{proposal['id']}/withdraw") == 200
    assert (await ida.get(f"/api/proposals/public/{ida.link}/pdf")) == 404


async def branded(anna: Person, color: str, font: str) -> None:
    """The team with a logo of one colour, and its documents in this type."""
    form = aiohttp.FormData()
    pixels = picture("JPEG", color=color)
    form.add_field("file", pixels, filename="logo.jpg", content_type="image/jpeg")
    assert await anna.ask("POST", "/api/settings/business/logo", data=form) == 200
    business = (await anna.get("/api/settings/business")).json
    body = {n: business[n] for n in ("name", "address", "tax_ids", "currency", "numbering")}
    answer = await anna.put("/api/settings/business", body | {"branding": {"font": font}})
    assert answer == 200, answer


async def test_what_was_sent_keeps_its_logo_and_its_type(printer: object, make: Make, background: Start) -> None:
    anna = await make.owner()
    await branded(anna, "red", "serif")
    proposal, [ida] = await offered(make, anna, "ida@holm.example")
    await background("tasks.worker")
    path = f"/api/proposals/{proposal['id']}"
    sent = (await printed(anna, f"{path}/pdf")).body
    assert {name.partition("-")[0] for name in fonts(sent)} == {"SourceSerif4"}
    page = await logo_on(ida)

    await branded(anna, "blue", "sans")
    assert (await printed(anna, f"{path}/pdf")).body == sent
    assert await logo_on(ida) == page

    assert await anna.post(f"{path}/revise") == 200
    assert await anna.post(f"{path}/send") == 200
    assert await logo_on(ida) != page
    assert (await printed(anna, f"{path}/pdf?version=1")).body == sent
    assert {name.partition("-")[0] for name in fonts((await printed(anna, f"{path}/pdf")).body)} == {"Inter"}


async def logo_on(one: Recipient) -> str:
    """The pixels on the recipient's page."""
    text = (await one.get(f"/p/{one.link}")).body.decode()
    found = re.search(r'<img class="logo" src="([^"]+)"', text)
    assert found is not None
    return found[1]


async def test_a_link_that_is_followed_shows_a_page_while_the_pdf_is_made(make: Make) -> None:
    _, [ida] = await offered(make, await make.owner(team_name="Studio Nord"), "ida@holm.example")
    shown = await ida.get(f"/p/{ida.link}/pdf", headers={"Prefer": "wait=0"})
    text = shown.body.decode()
    assert (shown.status, shown.headers["Content-Type"]) == (202, "text/html; charset=utf-8")
    for said in ("Ihr PDF wird erstellt", "Studio Nord", '<meta http-equiv="refresh"'):
        assert said in text, said
    page = (await ida.get(f"/p/{ida.link}")).body.decode()
    assert f'href="/p/{ida.link}/pdf"' in page


async def test_what_all_have_signed_is_sealed_by_itself_and_proves_it(
    printer: object, make: Make, background: Start, sql: Sql
) -> None:
    anna = await make.owner(team_name="Studio Nord")
    proposal, [ida, per] = await offered(make, anna, "ida@holm.example", "per@holm.example")
    path = f"/api/proposals/{proposal['id']}"
    assert (await anna.get(f"{path}/certificate")).code == "not_signed"
    recipients = {r["email"]: r["id"] for r in (await anna.get(path)).json["recipients"]}
    assert (await anna.post(f"{path}/recipients/{recipients['per@holm.example']}/link", {"mail": False})) == 200
    await sign(ida, "Ida Holm")
    await sign(per, "Per Holm")
    shown = (await ida.read()).json

    await background("tasks.dispatch")
    await background("tasks.worker")

    async def sealed() -> Any:
        found = (await anna.get(f"{path}/certificate")).json
        return found if found["sealed_at"] else None

    proof = await until(sealed, 90)
    assert (proof["digest"], proof["level"]) == (shown["digest"], "B-B")
    assert [(s["name"], s["verified_by"], s["digest"]) for s in proof["signatures"]] == [
        ("Ida Holm", "link", shown["digest"]),
        ("Per Holm", "link", shown["digest"]),
    ]
    told = [e["type"] for e in proof["events"]]
    assert (told[0], told[-1]) == ("proposal.sent", "proposal.accepted")
    assert told.count("proposal.signed") == 2
    [linked] = [e for e in proof["events"] if e["type"] == "proposal.linked"]
    assert linked["actor"] == anna.user["name"]  # who else might have signed with it

    pdf = (await printed(anna, f"{path}/pdf")).body
    assert (await printed(per, f"/api/proposals/public/{per.link}/pdf")).body == pdf
    text = "".join(words(pdf))
    for said in ("Signaturprotokoll", "IdaHolm", "PerHolm", "127.0.0.1", shown["digest"]):
        assert said in text, said
    assert proof["events"][-1]["hash"] in text

    answer = await check(anna, pdf)
    assert answer == 200, answer
    assert (answer.json["genuine"], answer.json["chain"]) == (True, {"ok": True, "broken_at": None})
    assert [s["level"] for s in answer.json["signatures"]] == ["B-B"]
    changed = pdf[:2000] + bytes([pdf[2000] ^ 1]) + pdf[2001:]
    assert (await check(anna, changed)).json["genuine"] is False
    for junk, reason in ((pdf[:4000], False), (b"no pdf", False)):
        assert (await check(anna, junk)).json["genuine"] is reason
    assert (await check(await make.owner(), pdf)).json["reason"] == "foreign"


async def test_what_a_brought_certificate_sealed_is_genuine_here_and_offline(
    printer: object, make: Make, background: Start, tmp_path: Path
) -> None:
    """RSA and a curve, one after the other: what the first one sealed stays the team's."""
    anna = await make.owner(team_name="Studio Nord")
    await background("tasks.dispatch")
    await background("tasks.worker")
    known = tmp_path / "studio.pem"
    sealed: list[tuple[str, bytes]] = []
    for key_of in (2048, "P-256"):
        brought = await bring(anna, pkcs12(key_of=key_of))
        assert brought == 200, brought
        proposal, [ida] = await offered(make, anna, "ida@holm.example")
        await sign(ida, "Ida Holm")

        async def proof(id: str = proposal["id"]) -> Any:
            return (await anna.get(f"/api/proposals/{id}/certificate")).json["sealed_at"]

        await until(proof, 90)
        pdf = (await printed(anna, f"/api/proposals/{proposal['id']}/pdf")).body
        sealed.append((brought.json["fingerprint"], pdf))
    known.write_bytes((await anna.get(PATH)).body)
    for fingerprint, pdf in sealed:
        answer = (await check(anna, pdf)).json
        [signature] = answer["signatures"]
        assert (answer["reason"], signature["fingerprint"], signature["known"]) == ("genuine", fingerprint, True)
        file = tmp_path / "signed.pdf"
        file.write_bytes(pdf)
        command = [sys.executable, "-m", "server.paper.verify", str(file), "--known", str(known)]
        ran = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, env={})
        assert (ran.returncode, json.loads(ran.stdout)["reason"]) == (0, "genuine"), ran.stderr
        assert fingerprint in "".join(words(pdf))


async def test_without_a_chromium_everything_else_works(make: Make, background: Start) -> None:
    anna = await make.owner()
    proposal, [ida] = await offered(make, anna, "ida@holm.example")
    await background("tasks.worker", CHROMIUM_PATH="/nowhere/chromium")
    path = f"/api/proposals/{proposal['id']}/pdf"

    async def refused() -> Answer | None:
        answer = await anna.get(path, headers=WAIT)
        return answer if answer.status != 202 else None

    answer = await until(refused, 60)
    assert answer is not None
    assert (answer.status, answer.code) == (503, "renderer_unavailable")
    assert "apt install chromium" in answer.json["detail"]
    await sign(ida, "Ida Holm")
    assert (await anna.get(f"/api/proposals/{proposal['id']}")).json["status"] == "accepted"


async def test_a_question_without_a_file_is_refused(make: Make) -> None:
    form = aiohttp.FormData()
    form.add_field("other", b"x", filename="x")
    answer = await (await make.owner()).ask("POST", "/api/proposals/verify", data=form)
    assert (answer.status, answer.wrong["file"]) == (422, "required")
