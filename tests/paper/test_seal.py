"""Seals: what is sealed verifies offline, what is done to it afterwards shows, no time is passed off as trusted."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from server.paper import certificates, chain
from server.paper.certificates import Material
from server.paper.verify import verify
from tasks.outbound.timestamp import time_stamper
from tasks.paper.sealing import Sealed, sealed
from tests.helpers.processes import ROOT
from tests.paper.authority import Authority, answering, asn1

FACTS = [{"type": "proposal.sent", "at": "2026-11-21T10:00:00Z"}, {"type": "proposal.signed", "name": "Bo Ångström"}]
EVIDENCE = chain.evidence({"proposal": "P-2026-0001"}, "ab" * 32, FACTS)


def paper() -> bytes:
    made = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(made)
    return made.getvalue()


@pytest.fixture(scope="module")
def material() -> Material:
    return certificates.made("Studio North")


@pytest.fixture(scope="module")
async def document(material: Material) -> Sealed:
    return await sealed(paper(), EVIDENCE, material, name="Studio North", authority=None)


async def test_a_sealed_document_is_genuine(material: Material, document: Sealed) -> None:
    found = await verify(document.pdf, [asn1(material)])
    [signature] = found.pop("signatures")
    assert found == {
        "genuine": True,
        "reason": "genuine",
        "detail": "The document is as it was sealed.",
        "chain": {"ok": True, "broken_at": None},
    }
    assert signature.pop("at") is not None
    assert signature == {
        "signer": "Common Name: Studio North",
        "fingerprint": certificates.fingerprint(material.certificate),
        "known": True,
        "intact": True,
        "valid": True,
        "covers_all": True,
        "level": "B-B",
        "clock": "the signer's own, not trusted",
    }


def bitten(pdf: bytes, at: int) -> bytes:
    return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]


async def test_each_bitten_byte_shows(material: Material, document: Sealed) -> None:
    """Of the bytes that the signature covers; those of its own hexadecimal have two spellings."""
    known, unnoticed = [asn1(material)], []
    for at in range(0, len(document.pdf), 97):
        found = await verify(bitten(document.pdf, at), known)
        if found["genuine"]:
            unnoticed.append(at)
    start = document.pdf.index(b"/Contents <") + len(b"/Contents <")
    end = document.pdf.index(b">", start)
    assert [at for at in unnoticed if not start <= at < end] == []


async def test_what_was_added_or_taken_away_shows(material: Material, document: Sealed) -> None:
    known = [asn1(material)]
    more = io.BytesIO()
    with pikepdf.open(io.BytesIO(document.pdf)) as opened:
        opened.add_blank_page()
        opened.save(more)
    assert not (await verify(more.getvalue(), known))["genuine"]
    appended = document.pdf + b"\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"
    assert (await verify(appended, known))["reason"] == "changed"
    assert (await verify(paper(), known))["reason"] == "unsigned"
    assert (await verify(document.pdf[: len(document.pdf) // 2], known))["genuine"] is False


async def test_what_is_no_document_of_ours_is_told(material: Material, document: Sealed) -> None:
    other = await sealed(paper(), EVIDENCE, certificates.made("Studio North"), name="Studio North", authority=None)
    assert (await verify(other.pdf, [asn1(material)]))["reason"] == "foreign"
    locked = io.BytesIO()
    with pikepdf.open(io.BytesIO(document.pdf)) as opened:
        opened.save(locked, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert (await verify(locked.getvalue(), None))["reason"] == "encrypted"
    for junk in (b"", b"GIF89a", b"x" * 10_000):
        assert (await verify(junk, None))["reason"] == "not_a_pdf"
    assert (await verify(b"%PDF-1.7\n" + bytes(500), None))["reason"] == "unreadable"


async def test_a_broken_chain_is_told_and_where(material: Material) -> None:
    forged = json.loads(json.dumps(EVIDENCE))
    forged["events"][1]["name"] = "Mallory"
    made = await sealed(paper(), forged, material, name="Studio North", authority=None)
    found = await verify(made.pdf, [asn1(material)])
    assert (found["genuine"], found["reason"]) == (False, "chain_broken")
    assert found["chain"] == {"ok": False, "broken_at": 2}


FORGERIES: dict[str, tuple[Any, int | None]] = {
    "removed": (lambda e: e["events"].pop(0), 1),
    "moved": (lambda e: e["events"].reverse(), 1),
    "cut": (lambda e: e["events"].pop(), 2),
    "added": (lambda e: e["events"].append({"type": "proposal.signed", "number": 3, "hash": "0" * 64}), 3),
    "of another document": (lambda e: e.update(digest="cd" * 32), 1),
    "of another kind": (lambda e: e.update(format="x"), None),
    "of nothing": (lambda e: e.pop("events"), None),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_each_forged_chain_is_found(name: str) -> None:
    forge, at = FORGERIES[name]
    forged = json.loads(json.dumps(EVIDENCE))
    assert chain.checked(forged) == (True, None)
    forge(forged)
    assert chain.checked(forged) == (False, at)
    assert chain.checked(None) == (False, None)


@pytest.fixture
async def authority() -> AsyncIterator[Authority]:
    async with answering() as one:
        yield one


async def test_an_authority_that_answers_gives_a_trusted_time(material: Material, authority: Authority) -> None:
    """Trusted by whoever knows the authority: anybody can put another stamp beside what is sealed."""
    made = await sealed(paper(), EVIDENCE, material, name="Studio North", authority=time_stamper(authority.url))
    assert made.level == "B-T"
    seal, clock = [asn1(material)], [asn1(authority.material)]
    [signature] = (await verify(made.pdf, seal, clock))["signatures"]
    assert (signature["level"], signature["clock"]) == ("B-T", "time-stamp authority: Common Name: The clock")
    for others in ((), seal):
        found = await verify(made.pdf, seal, others)
        assert (found["reason"], found["signatures"][0]["level"]) == ("genuine", "B-T")
        [signature] = found["signatures"]
        assert signature["clock"] == "a time-stamp authority that is not known here: Common Name: The clock"


async def test_one_that_is_down_lowers_the_level_and_says_so(material: Material, authority: Authority) -> None:
    authority.up = False
    made = await sealed(paper(), EVIDENCE, material, name="Studio North", authority=time_stamper(authority.url))
    assert (made.level, authority.asked > 0) == ("B-B", True)
    [signature] = (await verify(made.pdf, [asn1(material)]))["signatures"]
    assert (signature["level"], signature["clock"]) == ("B-B", "the signer's own, not trusted")
    nobody = time_stamper("http://127.0.0.1:9/")
    assert (await sealed(paper(), EVIDENCE, material, name="x", authority=nobody)).level == "B-B"


async def test_the_command_checks_offline(material: Material, document: Sealed, tmp_path: Path) -> None:
    file, known = tmp_path / "signed.pdf", tmp_path / "studio.pem"
    file.write_bytes(document.pdf)
    known.write_text(material.chain)
    command = [sys.executable, "-m", "server.paper.verify", str(file), "--known", str(known)]
    ran = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, env={})
    assert (ran.returncode, json.loads(ran.stdout)["reason"]) == (0, "genuine"), ran.stderr
    file.write_bytes(bitten(document.pdf, 700))
    ran = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, env={})
    assert (ran.returncode, json.loads(ran.stdout)["genuine"]) == (1, False), ran.stderr
