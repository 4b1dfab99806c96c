"""The answers of endpoints: what a handler gives becomes a response, most of whose head is the same for all."""

from __future__ import annotations

import re
import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import ClientConnectionResetError, HttpVersion11, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http import SERVER_SOFTWARE
from pydantic import BaseModel

from server.core.jobs import Later
from server.core.request_keys import MORE_HEADERS, REQUEST_ID
from server.core.routing import Route
from server.core.view import Shown

COMMON = web.AppKey("common", str)  # the lines that are in the head of every answer
JSON = "application/json"
LINES = re.compile(r"(?:[^\x00-\x08\x0a-\x1f\x7f-\U0010ffff]*\r\n)*")
_encode = msgspec.json.Encoder().encode


class Answer(web.Response):
    """A response that goes out in one write with a head of few parts, where it is sent as nearly all are.

    aiohttp finds out for each response how it is to be sent, and writes its headers one by one: a fifth of a read.
    """

    _body: bytes
    _is_sent = False

    def __init__(self, body: bytes, *, status: int = 200, headers: dict[str, str]) -> None:
        web.StreamResponse.__init__(self, status=status, headers=headers)
        self._body = body

    async def prepare(self, request: web.BaseRequest) -> AbstractStreamWriter | None:
        """Send it; where it is not as usual leave that to aiohttp."""
        head = self._head(request) if isinstance(request, web.Request) else None
        if head is None:
            return await super().prepare(request)
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ClientConnectionResetError("The client has gone.")
        transport.write(head + self._body)
        self._is_sent = True
        if transport.get_write_buffer_size():
            await request.writer.drain()
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        if not self._is_sent:
            await super().write_eof(data)

    @property
    def keep_alive(self) -> bool | None:
        return self._is_sent or super().keep_alive

    def _head(self, request: web.Request) -> bytes | None:
        app = request.app
        if len(app.on_response_prepare) > 1:  # somebody beside `middleware.prepare` has a say, such as CORS
            return None
        if self._cookies or self.compression or self.keep_alive is False:
            return None
        if not request.keep_alive or request.version != HttpVersion11 or request.method == "HEAD":
            return None
        own, more = self.headers, request[MORE_HEADERS]
        given = "".join([f"{name}: {value}\r\n" for name, value in own.items()])
        if more:
            given += "".join([f"{name}: {value}\r\n" for name, value in more.items()])
        if not LINES.fullmatch(given) or given.count("\n") != len(own) + len(more):
            return None  # a value that is no header's; aiohttp refuses it
        begins = _begins(self.status, app[COMMON], int(time.time()))
        length = len(self._body)
        return f"{begins}{given}X-Request-Id: {request[REQUEST_ID]}\r\nContent-Length: {length}\r\n\r\n".encode()


@lru_cache(maxsize=64)
def _begins(status: int, common: str, second: int) -> str:
    date = formatdate(second, usegmt=True)
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{common}Date: {date}\r\nServer: {SERVER_SOFTWARE}\r\n"


def common_lines(headers: dict[str, str]) -> str:
    """The same headers for every answer as `COMMON`; what was asked with somebody's token is nobody's to keep."""
    return "".join(f"{name}: {value}\r\n" for name, value in {**headers, "Cache-Control": "no-store"}.items())


def respond(route: Route, request: web.Request, result: Any, *, anew: bool = False) -> web.StreamResponse:
    """A handler's result as an answer: `None` is 204, a record carries its ETag, a new one its Location.

    `anew` sends a record although the caller holds this version of it.
    """
    if isinstance(result, Shown):
        return _record(route, request, result.version, result.json, result, anew=anew)
    if isinstance(result, dict):
        return _record(route, request, result.get("version"), _encode(result), result, anew=anew)
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=204 if route.status == 200 else route.status)
    if isinstance(result, Later):
        return Answer(_encode(result), status=202, headers={"Content-Type": JSON})
    if isinstance(result, BaseModel):
        return respond(route, request, result.model_dump(mode="json"), anew=anew)
    return Answer(_encode(result), status=route.status, headers={"Content-Type": JSON})


def _record(
    route: Route, request: web.Request, version: Any, body: bytes, result: Shown | dict[str, Any], *, anew: bool
) -> web.Response:
    headers = {"Content-Type": JSON}
    if version:
        headers["ETag"] = etag = f'"{version}"'
        if route.method == "GET" and not anew and _not_modified(request, etag):
            return web.Response(status=304, headers={"ETag": etag})
    if route.status == 201:
        headers["Location"] = route.location_of(request, _names(result))
    return Answer(body, status=route.status, headers=headers)


def _names(result: Shown | dict[str, Any]) -> dict[str, Any]:
    """What a new record's address may be made of."""
    if isinstance(result, dict):
        return result
    return {"id": result.id} if result.id is not None else result.row()


def _not_modified(request: web.Request, etag: str) -> bool:
    header = request.headers.get("If-None-Match")
    return header is not None and any(t.strip().removeprefix("W/") in (etag, "*") for t in header.split(","))
