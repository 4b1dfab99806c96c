"""Bodies with files: taken whole within their bound, or refused with a problem that says why."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from server.config import Settings
from server.core.middleware import edge_middleware
from server.core.multipart import File, Form, received
from server.core.request_keys import BODY

LIMIT = 100_000


class Given(Form):
    file: File
    note: str = ""
    urgent: bool = False


async def answer(request: web.Request) -> web.Response:
    body = await received(request, Given, LIMIT)
    told = {"name": body.file.name, "media": body.file.media, "size": body.file.size, "note": body.note}
    same = hashlib.sha256(body.file.file.read()).hexdigest() == body.file.digest
    key = hashlib.sha256(request[BODY]).hexdigest()
    return web.json_response(told | {"urgent": body.urgent, "same": same, "key": key})


@pytest.fixture
async def address(config: Settings) -> AsyncIterator[str]:
    app = web.Application(middlewares=[edge_middleware(config)], client_max_size=0)
    app.router.add_post("/", answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


async def post(address: str, data: Any, **headers: str) -> tuple[int, Any]:
    async with aiohttp.ClientSession() as session, session.post(address, data=data, headers=headers) as found:
        return found.status, await found.json(content_type=None)


def form(content: bytes = b"name\nMara\n", **texts: str) -> aiohttp.FormData:
    made = aiohttp.FormData(texts)
    made.add_field("file", content, filename="people.csv", content_type="text/csv; charset=utf-8")
    return made


async def test_a_form_is_taken_with_its_file(address: str):
    status, told = await post(address, form(b"\x00\xff" * 40_000, note="größer", urgent="true"))
    assert status == 200, told
    expected = {"name": "people.csv", "media": "text/csv", "size": 80_000, "note": "größer", "urgent": True}
    assert told == expected | {"same": True, "key": told["key"]}


async def test_the_same_form_has_the_same_key_and_another_file_another(address: str):
    keys = [(await post(address, form(content)))[1]["key"] for content in (b"a", b"a", b"b")]
    assert keys[0] == keys[1] != keys[2]


async def test_a_file_may_be_empty_and_its_name_is_never_a_path_of_ours(address: str):
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../gr\xc3\xb6\xc3\x9fe\xff.csv"\r\n\r\n'
    media = {"Content-Type": "multipart/form-data; boundary=b"}
    status, told = await post(address, head + b"\r\n--b--\r\n", **media)
    assert (status, told["size"], told["name"]) == (200, 0, "../../größe\ufffd.csv")


@pytest.mark.parametrize(
    ("texts", "wrong"),
    [({"nobody": "1"}, {"nobody": "unknown_field"}), ({"urgent": "perhaps"}, {"urgent": "bool_parsing"})],
)
async def test_what_is_wrong_is_named(address: str, texts: Any, wrong: dict[str, str]):
    status, told = await post(address, form(**texts))
    assert (status, {e["field"]: e["code"] for e in told["errors"]}) == (422, wrong)


async def test_a_text_is_no_file_and_a_file_no_text(address: str):
    text = aiohttp.FormData({"file": "a,b"}, default_to_multipart=True)
    status, told = await post(address, text)
    assert (status, [e["field"] for e in told["errors"]]) == (422, ["file"])
    control = aiohttp.FormData({"note": "a\x00b"}, default_to_multipart=True)
    status, told = await post(address, control)
    assert (status, told["errors"][0]["code"]) == (422, "invalid_character")


@pytest.mark.parametrize("chunked", [False, True])
async def test_what_is_too_large_is_refused(address: str, chunked: bool):
    async def slowly() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(20):
            yield b"x" * 10_000
        yield b"\r\n--b--\r\n"

    if chunked:
        status, told = await post(address, slowly(), **{"Content-Type": "multipart/form-data; boundary=b"})
    else:
        status, told = await post(address, form(b"x" * 200_000))
    assert (status, told["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("body", "media", "code"),
    [
        (b"{}", "application/json", "wrong_content_type"),
        (b"{}", "multipart/mixed; boundary=b", "wrong_content_type"),
        (b"{}", "multipart/form-data", "not_multipart"),
        (b"{}", "multipart/form-data; boundary=b", "not_multipart"),
        (b"--b\r\n\r\nno name\r\n--b--\r\n", "multipart/form-data; boundary=b", "not_multipart"),
        (b'--b\r\nContent-Disposition: form-data; name="file"', "multipart/form-data; boundary=b", "not_multipart"),
        (b"--b\r\n" + b"x" * 90_000 + b"\r\n--b--", "multipart/form-data; boundary=b", "not_multipart"),
    ],
)
async def test_what_is_no_form_is_refused(address: str, body: bytes, media: str, code: str):
    status, told = await post(address, body, **{"Content-Type": media})
    assert (status, told["code"]) == (400, code)


async def test_a_name_that_is_there_twice_is_refused(address: str):
    made = form()
    made.add_field("file", b"other", filename="b.csv")
    status, told = await post(address, made)
    assert (status, told["errors"][0]["code"]) == (422, "given_twice")
