"""The team's own certificate: brought by who may, refused clearly, known for ever."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import aiohttp
import pytest

from models.actors import system_actor
from server.core.unit import unit_of_work
from server.paper import certificates
from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.certificates import pkcs12
from tests.helpers.http import Answer

PATH = "/api/settings/signing-certificate"


async def bring(person: Person, content: bytes, passphrase: str = "sesame") -> Answer:
    form = aiohttp.FormData()
    form.add_field("file", content, filename="studio.p12", content_type="application/x-pkcs12")
    form.add_field("passphrase", passphrase)
    return await person.ask("POST", PATH, data=form)


async def sealing(person: Person) -> str:
    """The fingerprint of what seals now, as a worker takes it."""
    by = system_actor(UUID(person.team_id))
    async with unit_of_work(by):
        return certificates.fingerprint((await certificates.current(by, "-")).certificate)


async def test_what_is_brought_seals_and_what_was_before_is_still_known(make: Make):
    anna = await make.owner()
    assert (await anna.get(PATH)) == 404
    made = await sealing(anna)
    answer = await bring(anna, pkcs12())
    assert answer == 200, answer
    assert answer.json["subject"] == answer.json["issuer"] == "CN=Studio North GmbH"
    assert await sealing(anna) == answer.json["fingerprint"] != made
    [told] = await make.told(anna.team_id, "team.certificate_replaced")
    assert told["detail"] == {n: answer.json[n] for n in ("fingerprint", "subject")}

    other = await bring(anna, pkcs12(name="Studio South"))
    again = await bring(anna, pkcs12())
    assert (again.status, again.json) == (200, answer.json)
    assert await sealing(anna) == answer.json["fingerprint"] != other.json["fingerprint"]
    known = await anna.get(PATH)
    assert known.headers["Content-Type"].startswith("application/pem-certificate-chain")
    assert known.body.count(b"BEGIN CERTIFICATE") == 3
    assert (await (await make.owner()).get(PATH)) == 404


@pytest.mark.parametrize(
    ("content", "passphrase", "code"),
    [
        (b"no certificate", "sesame", "not_opened"),
        (pkcs12(), "another", "not_opened"),
        (pkcs12(days=-1), "sesame", "certificate_expired"),
        (pkcs12(curve=True), "sesame", "not_allowed"),
    ],
    ids=["no file of its kind", "another passphrase", "expired", "no RSA key"],
)
async def test_what_cannot_seal_is_refused(make: Make, content: bytes, passphrase: str, code: str):
    anna = await make.owner()
    answer = await bring(anna, content, passphrase)
    assert (answer.status, answer.wrong) == (422, {"file": code})
    assert (await anna.get(PATH)) == 404


async def test_only_who_keeps_the_settings_brings_one(make: Make):
    anna = await make.owner()
    lena: Any = await make.member(anna, role="manager")
    answer = await bring(lena, pkcs12())
    assert (answer.status, answer.code) == (403, "permission_denied")
