"""Mails leave once, by SMTP or into the mailbox of development, and their secrets do not stay behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientConnectionError

from server.config import Settings
from server.core.events import catalogue
from server.core.mail import LETTERS, UnknownLetter, send_mail
from server.core.system import system_unit
from tasks.followers.mail import LETTER_OF, when
from tasks.outbound.letters import render
from tests.helpers.http import Client
from tests.helpers.ports import free_port
from tests.helpers.processes import Process, until
from tests.helpers.sink import Sink

Sql = Callable[..., Awaitable[list[Any]]]
Start = Callable[..., Awaitable[Process]]


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink(free_port())
    with sink.up():
        yield sink


@pytest.fixture
def worker(background: Start) -> Start:
    """`await worker(SMTP_URL=…)` starts one."""
    return partial(background, "tasks.worker")


async def ask(to: str) -> UUID:
    async with system_unit():
        id = await send_mail(to, "auth/verify", name="Ana", link="https://mediaflow.test/verify-email?token=s3cr3t")
    assert id is not None
    return id


async def ended(sql: Sql, id: UUID, state: str) -> Any:
    async def look() -> Any:
        row = (await sql("SELECT * FROM job WHERE id = $1", id))[0]
        return row if row["state"] == state else None

    return await until(look)


async def test_a_mail_is_sent_once_with_text_and_html(url: str, sql: Sql, sink: Sink, worker: Start) -> None:
    await worker(SMTP_URL=sink.url)
    to = f"{uuid4().hex}@example.com"
    id = await ask(to)
    row = await ended(sql, id, "done")
    [mail] = sink.of(to)[1]
    assert mail["Message-ID"] == f"<job-{id}@mediaflow.local>"
    assert mail["From"] == "MediaFlow <hello@mediaflow.local>"
    assert mail["Subject"] == "Confirm your e-mail address"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "https://mediaflow.test/verify-email?token=s3cr3t" in text.get_content()
    assert 'href="https://mediaflow.test/verify-email?token=s3cr3t"' in html.get_content()
    assert row["args"] == "{}", "the token does not stay in the row"


async def test_a_token_cannot_be_read_in_the_row_while_it_waits(url: str, sql: Sql) -> None:
    id = await ask("waiting@example.com")
    [row] = await sql("SELECT args::text FROM job WHERE id = $1", id)
    assert "s3cr3t" not in row["args"]
    assert "waiting@example.com" not in row["args"]


async def test_a_server_that_is_busy_is_asked_again_with_the_same_message_id(
    url: str, sql: Sql, sink: Sink, worker: Start
) -> None:
    to = f"{uuid4().hex}@example.com"
    sink.answers[to] = ["451 try again later"]
    await worker(SMTP_URL=sink.url)
    row = await ended(sql, await ask(to), "done")
    offered, kept = sink.of(to)
    assert row["attempt"] == 2
    assert len(offered) == 2
    assert offered[0]["Message-ID"] == offered[1]["Message-ID"]
    assert len(kept) == 1


async def test_a_server_that_says_no_is_not_asked_again(url: str, sql: Sql, sink: Sink, worker: Start) -> None:
    to = f"{uuid4().hex}@example.com"
    sink.answers[to] = ["550 no such mailbox"]
    await worker(SMTP_URL=sink.url)
    row = await ended(sql, await ask(to), "dead")
    assert (row["attempt"], row["last_error"]) == (1, "The mail server refused it: 550 no such mailbox")
    assert len(sink.of(to)[0]) == 1
    assert sink.of(to)[1] == []


async def test_without_a_server_mails_lie_in_the_mailbox_newest_first(sql: Sql, worker: Start, anyone: Client) -> None:
    await worker()
    first, second = f"{uuid4().hex}@example.com", f"{uuid4().hex}@example.com"
    for to in (first, second):
        await ended(sql, await ask(to), "done")
    answer = await anyone.get("/dev/mail", headers={"Accept": "application/json"})
    assert answer == 200
    found = [item for item in answer.json["items"] if item["to"] in (first, second)]
    assert [item["to"] for item in found] == [second, first]
    assert set(found[0]) == {"to", "subject", "text", "html", "links", "at"}
    assert found[0]["links"] == ["https://mediaflow.test/verify-email?token=s3cr3t"]
    page = await anyone.get("/dev/mail", headers={"Accept": "text/html"})
    assert page == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert first.encode() in page.body


async def test_a_letter_must_be_known_and_be_given_all_it_asks_for(url: str) -> None:
    async with system_unit():
        with pytest.raises(UnknownLetter):
            await send_mail("a@example.com", "auth/unknown", name="Ana")
        with pytest.raises(UnknownLetter):
            await send_mail("a@example.com", "auth/verify", name="Ana")


@pytest.mark.parametrize("language", ["en", "de-AT", "xx"])
@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_can_be_made_and_escapes_what_people_wrote(config: Settings, name: str, language: str) -> None:
    context = {field: f"<{field}> & co" for field in LETTERS[name]}
    if "link" in context:
        context["link"] = "https://mediaflow.test/x?token=t&more=1"
    letter = render(name, language, context)
    for field in LETTERS[name] - {"link"}:
        assert f"<{field}>" not in letter.html
        assert f"<{field}> & co" in letter.text + letter.subject
    assert letter.links == ([context["link"]] if "link" in context else [])
    assert letter.subject
    assert "\n" not in letter.subject


def test_every_event_that_is_mailed_has_a_letter(url: str) -> None:
    assert {name for name, event in catalogue.items() if event.mail} <= LETTER_OF.keys()
    assert set(LETTER_OF.values()) <= LETTERS.keys()


async def test_in_production_there_is_no_mailbox(background: Start, anyone: Client) -> None:
    port = free_port()
    environment = {"APP_ENV": "production", "SECRET_KEY": uuid4().hex * 2, "RATE_LIMITS": "on", "PORT": str(port)}
    process = await background("server", **environment)
    there = Client(anyone.session, f"http://127.0.0.1:{port}")

    async def up() -> bool:
        assert process.child.returncode is None, process.said()
        try:
            return (await there.get("/api/health")).status == 200
        except ClientConnectionError:
            return False

    await until(up)
    answer = await there.get("/dev/mail", headers={"Accept": "application/json"})
    assert (answer, answer.code) == (404, "not_found")


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_speaks_the_readers_language_and_english_to_others(config: Settings, name: str) -> None:
    context = {field: field for field in LETTERS[name]} | {"link": "https://mediaflow.test/x"}
    english, german, other = (render(name, language, context) for language in ("en", "de", "xx"))
    assert german.subject != english.subject
    assert other.subject == english.subject


def test_times_are_the_readers(url: str) -> None:
    at = datetime.fromisoformat("2026-12-01T23:30:00+00:00")
    assert when(at, "Europe/Vienna", "de") == "2.12.2026, 00:30 Uhr (CET)"
    assert when(at, "America/New_York", "en") == "Tue 1 Dec 2026, 18:30 (EST)"
    assert when(at, "Nowhere/Land", "en") == "Tue 1 Dec 2026, 23:30 (UTC)"
    assert when(None, "UTC", "en") == ""
