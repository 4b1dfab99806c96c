"""Paper that is ordered: made once by a real worker, sealed where it is signed, and what happens when it cannot be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from models.actors import Actor, system_actor
from server.core.storage import storage
from server.core.unit import unit_of_work
from server.paper import certificates
from server.paper.orders import UNAVAILABLE, Order, order, patience
from server.paper.verify import certificates as parsed
from server.paper.verify import verify
from tests.factories import Make
from tests.helpers.pdfs import words
from tests.helpers.processes import Process, until
from tests.paper.authority import answering
from tests.paper.documents import document

Sql = Callable[..., Awaitable[list[asyncpg.Record]]]
Start = Callable[..., Awaitable[Process]]
PLAIN = Order(document(), digest="ab" * 32, language="de", timezone="Europe/Berlin")
SIGNED = replace(
    PLAIN,
    signatures=[
        {
            "name": "Bo Ångström",
            "email": "bo@northwind.example",
            "signed_at": "2026-11-21T15:04:05Z",
            "timezone": "America/New_York",
            "verified_by": "code",
            "address": "198.51.100.7",
            "user_agent": "Mozilla/5.0",
            "consent": "I agree.",
            "digest": "ab" * 32,
            "drawing": None,
        }
    ],
    facts=[{"at": "2026-11-21T15:04:05Z", "type": "proposal.signed", "actor": "Bo Ångström"}],
)


async def ordered(wanted: Order, by: Actor) -> tuple[UUID, UUID | None]:
    async with unit_of_work(by):
        paper = await order(wanted, by=by)
        return paper.id, paper.job_id


async def made(sql: Sql, id: UUID) -> Any:
    """The paper's row, once it is there."""

    async def look() -> Any:
        [row] = await sql(
            "SELECT p.*, j.state, j.last_error FROM paper p JOIN job j ON j.id = job_id WHERE p.id = $1", id
        )
        assert row["state"] not in ("dead", "cancelled"), row["last_error"]
        return row if row["object"] else None

    return await until(look, 60)


async def content(by: Actor, row: Any) -> bytes:
    with await storage().open(by.team_id, row["object"]) as file:
        return file.read()


async def known(by: Actor) -> list[Any]:
    async with unit_of_work(by, read_only=True):
        return parsed((await certificates.known(by.team_id)).encode())


async def team(make: Make) -> Actor:
    return system_actor(UUID((await make.owner()).team_id))


async def test_a_document_is_printed_once_and_a_signed_one_is_sealed(
    printer: object, make: Make, background: Start, sql: Sql
) -> None:
    by = await team(make)
    first, job = await ordered(PLAIN, by)
    assert await ordered(PLAIN, by) == (first, job)
    second, _ = await ordered(replace(PLAIN, language="en"), by)
    signed, _ = await ordered(SIGNED, by)
    worker = await background("tasks.worker")
    row = await made(sql, first)
    pdf = await content(by, row)
    assert "Zwischensumme" in "".join(words(pdf))
    assert (row["size"], row["note"]) == (len(pdf), "{}")
    assert "Subtotal" in "".join(words(await content(by, await made(sql, second))))
    assert await ordered(PLAIN, by) == (first, job)

    row = await made(sql, signed)
    pdf = await content(by, row)
    text = "".join(words(pdf))
    for said in (
        "Signaturprotokoll",
        "21Nov.2026,10:04:05EST",
        "15:04:05UTC",
        "198.51.100.7",
        "Einmalcode",
        "abababab",
    ):
        assert said in text, said
    assert "keinZeitstempeldienst" in text
    found = await verify(pdf, await known(by))
    assert (found["reason"], found["signatures"][0]["level"]) == ("genuine", "B-B")
    assert (await verify(pdf, await known(await team(make))))["reason"] == "foreign"
    [key] = await sql("SELECT sealed_key FROM signing_certificate WHERE team_id = $1", by.team_id)
    assert "PRIVATE KEY" not in key["sealed_key"]
    # However it would look today, what was sealed stays as it was sealed.
    assert (await ordered(replace(SIGNED, language="en"), by))[0] == signed
    await worker.stop()


@pytest.mark.parametrize("up", [True, False])
async def test_the_page_says_how_the_time_was_confirmed(
    printer: object, make: Make, background: Start, sql: Sql, up: bool
) -> None:
    by = await team(make)
    async with answering() as authority:
        authority.up = up
        id, _ = await ordered(SIGNED, by)
        await background("tasks.worker", TIMESTAMP_URL=authority.url)
        pdf = await content(by, await made(sql, id))
        assert authority.asked > 0
    [signature] = (await verify(pdf, await known(by)))["signatures"]
    assert signature["level"] == ("B-T" if up else "B-B")
    assert ("keinZeitstempeldienst" in "".join(words(pdf))) is not up


async def test_without_a_chromium_the_job_says_how_to_get_one_and_can_be_asked_for_again(
    printer: object, make: Make, background: Start, sql: Sql
) -> None:
    by = await team(make)
    id, job = await ordered(PLAIN, by)
    worker = await background("tasks.worker", CHROMIUM_PATH="/nowhere/chromium")

    async def dead() -> Any:
        [row] = await sql("SELECT state, last_error FROM job WHERE id = $1", job)
        return row if row["state"] == "dead" else None

    error = (await until(dead, 60))["last_error"]
    assert error.startswith(UNAVAILABLE)
    assert "apt install chromium" in error
    await worker.stop()
    again, other = await ordered(PLAIN, by)
    assert (again == id, other != job) == (True, True)
    await background("tasks.worker")
    assert "Zwischensumme" in "".join(words(await content(by, await made(sql, id))))


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [("", 5), ("wait=2", 2), ("respond-async, wait=10", 10), ("wait=3600", 28), ("wait=x", 5), ("wait=0", 0)],
)
def test_a_caller_says_how_long_to_wait(prefer: str, seconds: float) -> None:
    assert patience(prefer) == seconds
