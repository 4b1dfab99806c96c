"""The two documents, made once per process."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from server.config import settings
from server.core.documents import asyncapi, openapi


@dataclass(frozen=True, slots=True)
class Document:
    """A document, its text and what names the text."""

    content: dict[str, Any]
    body: bytes
    etag: str

    def answer(self, request: web.Request) -> web.Response:
        headers = {"ETag": self.etag, "Cache-Control": "public, no-cache"}
        if request.headers.get("If-None-Match") == self.etag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=self.body, headers=headers, content_type="application/json")


def _document(content: dict[str, Any]) -> Document:
    body = msgspec.json.encode(content)
    return Document(content, body, f'"{hashlib.sha256(body).hexdigest()[:20]}"')


@cache
def rest() -> Document:
    """The OpenAPI document of every endpoint."""
    return _document(openapi())


@cache
def live() -> Document:
    """The AsyncAPI document of every socket event."""
    address = urlsplit(settings().base_url)
    return _document(asyncapi(host=address.netloc, secure=address.scheme == "https"))
