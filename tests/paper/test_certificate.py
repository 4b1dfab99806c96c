"""The team's own certificate: brought by who may, refused clearly, known for ever."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from models.actors import system_actor
from server.core.unit import unit_of_work
from server.paper import certificates
from server.paper.checking import AT_ONCE
from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.certificates import PATH, bring, check, costly, pkcs12


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
        (pkcs12(key_of=1024), "sesame", "not_allowed"),
        (pkcs12(key_of="P-192"), "sesame", "not_allowed"),
        (costly(pkcs12()), "sesame", "too_costly"),
    ],
    ids=["no file of its kind", "another passphrase", "expired", "a short key", "a short curve", "hashed for hours"],
)
async def test_what_cannot_seal_is_refused(make: Make, content: bytes, passphrase: str, code: str):
    anna = await make.owner()
    answer = await bring(anna, content, passphrase)
    assert (answer.status, answer.wrong) == (422, {"file": code})
    assert (await anna.get(PATH)) == 404


async def test_one_that_takes_long_to_open_holds_nobody_up(make: Make):
    """They wait for their turn in no transaction, though there be more of them than connections."""
    anna = await make.owner()
    async with AT_ONCE, AT_ONCE:
        waiting = [asyncio.create_task(bring(anna, b"no certificate")) for _ in range(6)]
        waiting += [asyncio.create_task(check(anna, b"no pdf")) for _ in range(6)]
        assert await anna.get("/api/settings/business") == 200
        assert not any(one.done() for one in waiting)
    assert [one.status for one in await asyncio.gather(*waiting)] == [422] * 6 + [200] * 6
    too_large = await bring(anna, bytes(200_000))
    assert (too_large.status, too_large.code) == (413, "too_large")


async def test_a_repeated_request_brings_it_once(make: Make):
    anna = await make.owner()
    key = {"Idempotency-Key": "certificate"}
    first, again = await bring(anna, pkcs12(), headers=key), await bring(anna, pkcs12(), headers=key)
    assert (first.status, again.body, again.headers["Idempotency-Replayed"]) == (200, first.body, "true")
    assert len(await make.told(anna.team_id, "team.certificate_replaced")) == 1


async def test_only_who_keeps_the_settings_brings_one(make: Make):
    anna = await make.owner()
    lena: Any = await make.member(anna, role="manager")
    answer = await bring(lena, pkcs12())
    assert (answer.status, answer.code) == (403, "permission_denied")
