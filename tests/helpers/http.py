"""An HTTP client whose answers read well in assertions."""

from __future__ import annotations

import json as jsonlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from typing import Any

import aiohttp

from tests.helpers.contract import hold


class Answer:
    """One answer: `answer == 201`, `answer.json["id"]`, `answer.headers`."""

    def __init__(self, status: int, headers: Any, body: bytes, request: str) -> None:
        self.status, self.headers, self.body, self._request = status, headers, body, request

    def __eq__(self, other: object) -> bool:
        return self.status == other

    __hash__ = None  # type: ignore[assignment]  # compared by status, so it cannot be a key

    def __repr__(self) -> str:
        return f"<{self._request} → {self.status} {self.body[:2000].decode(errors='replace')}>"

    @property
    def json(self) -> Any:
        return jsonlib.loads(self.body)

    @property
    def cookies(self) -> SimpleCookie:
        """Those that it sets."""
        return SimpleCookie("; ".join(self.headers.getall("Set-Cookie", [])))

    @property
    def code(self) -> str:
        """The code of a problem document."""
        return self.json.get("code", "")

    @property
    def wrong(self) -> dict[str, str]:
        """Field → code of a 422."""
        return {e["field"]: e["code"] for e in self.json["errors"]}


class Client:
    """Speaks to the application, perhaps with somebody's token."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str = "") -> None:
        self.session, self.url, self.token = session, url, token

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str) -> AsyncIterator[Client]:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield cls(session, url)

    def holding(self, token: str) -> Client:
        """The same, with this access token."""
        return Client(self.session, self.url, token)

    async def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Answer:
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.session.request(
            method, self.url + path, headers=sent | (headers or {}), allow_redirects=False, **options
        ) as response:
            body = await response.read()
        hold(method, path, response.status, response.headers, body)
        return Answer(response.status, response.headers, body, f"{method} {path}")

    async def get(self, path: str, **options: Any) -> Answer:
        return await self.ask("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.ask("POST", path, json=json if json is not None else {}, **options)

    async def put(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.ask("PUT", path, json=json if json is not None else {}, **options)

    async def patch(self, path: str, json: Any = None, **options: Any) -> Answer:
        return await self.ask("PATCH", path, json=json if json is not None else {}, **options)

    async def delete(self, path: str, **options: Any) -> Answer:
        return await self.ask("DELETE", path, **options)
