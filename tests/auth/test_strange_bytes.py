"""Headers that are no text: refused or taken as they are, never a fault of ours."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import urlsplit

import pytest

from tests.factories import Make
from tests.factories.people import PASSWORD


async def raw(url: str, method: str, path: str, headers: list[bytes], body: object = None) -> tuple[int, dict]:
    """What the application answers to bytes that no client library would send."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    sent = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: localhost", b"Connection: close", *headers]
    if sent:
        lines += [b"Content-Type: application/json", b"Content-Length: %d" % len(sent)]
    writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + sent)
    head, _, answer = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return int(head.split()[1]), json.loads(answer) if answer else {}


@pytest.mark.parametrize("token", [b"\xff", b"a.\xff.c", b"\xc3\xa9.b.c", b"a" * 7000])
async def test_an_access_token_of_strange_bytes_is_invalid(url: str, token: bytes):
    status, answer = await raw(url, "GET", "/api/auth/me", [b"Authorization: Bearer " + token])
    assert (status, answer["code"]) == (401, "token_invalid")


async def test_a_cookie_of_strange_bytes_is_invalid(url: str):
    cookie = [b"Cookie: mf_refresh=\xff\xfe", b"X-Session: cookie", b"Content-Length: 0"]
    status, answer = await raw(url, "POST", "/api/auth/refresh", cookie)
    assert (status, answer["code"]) == (401, "token_invalid")


async def test_a_device_with_a_strange_name_signs_in(url: str, make: Make):
    person = await make.owner()
    body = {"email": person.user["email"], "password": PASSWORD}
    status, _ = await raw(url, "POST", "/api/auth/login", [b"User-Agent: Caf\xe9/1.0"], body)
    assert status == 200
    agents = {s["user_agent"] for s in (await person.get("/api/auth/sessions")).json["items"]}
    assert "Caf\N{REPLACEMENT CHARACTER}/1.0" in agents
