"""The same answer however it is asked for: in one write as nearly all are, or by aiohttp, header by header."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from server.core.answers import COMMON, Answer
from server.core.request_keys import MORE_HEADERS, REQUEST_ID
from tests.factories import Make

LINES = {"x-frame-options", "content-security-policy", "x-request-id", "cache-control", "etag", "content-type", "date"}


async def ask(url: str, asked: str, token: str) -> tuple[bytes, dict[str, str], bytes, bool]:
    """The status line, the headers, the body, and whether the connection has been closed behind it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(f"{asked}\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    status, *lines = head.decode().strip().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    assert len(headers) == len(lines)
    length = 0 if asked.startswith("HEAD") else int(headers["content-length"])
    body = await asyncio.wait_for(reader.readexactly(length), 20)
    closing = "1.0" in asked or "close" in asked
    closed = closing and await asyncio.wait_for(reader.read(), 20) == b""
    writer.close()
    return status.encode(), headers, body, closed


async def test_each_way_to_ask_gets_the_same(make: Make, url: str):
    anna = await make.owner()
    task = await make.task(anna)
    token, path = anna.token, f"/api/tasks/{task['id']}"
    status, headers, body, _ = await ask(url, f"GET {path} HTTP/1.1", token)
    assert status == b"HTTP/1.1 200 OK"
    assert headers.keys() >= LINES
    assert headers["etag"] == '"1"'
    for asked, closes in ((f"GET {path} HTTP/1.0", True), (f"GET {path} HTTP/1.1\r\nConnection: close", True)):
        _, others, other, closed = await ask(url, asked, token)
        assert other == body
        assert closed is closes
        assert others.keys() >= LINES
        assert {n: others[n] for n in LINES - {"x-request-id", "date"}} == {
            n: headers[n] for n in LINES - {"x-request-id", "date"}
        }
    _, others, _, _ = await ask(url, f"HEAD {path} HTTP/1.1", token)
    assert others["content-length"] == headers["content-length"]


@pytest.mark.parametrize("value", ["two\r\nX-Mine: 1", "a\rb", "a\0b", "a\x7fb"])
async def test_a_header_that_is_none_is_refused(value: str):
    """As aiohttp refuses it; one that is no ASCII is left to it, too."""

    async def answer(request: web.Request) -> web.StreamResponse:
        request[REQUEST_ID], request[MORE_HEADERS] = "test", {}
        return Answer(b"{}", headers={"Location": value if "wrong" in request.query else "/ö"})

    app = web.Application()
    app[COMMON] = "X-Common: 1\r\n"
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(url).port)
    writer.write(b"GET /?wrong HTTP/1.1\r\nHost: localhost\r\n\r\n")
    said = await asyncio.wait_for(reader.read(), 20)  # to its end: aiohttp hangs up
    assert b"X-Mine: 1" not in said
    assert value.encode() not in said
    writer.close()
    _, headers, body, _ = await ask(url, "GET / HTTP/1.1", "")
    assert headers["location"] == "/ö"
    assert body == b"{}"
    await runner.cleanup()
