"""Forms as scripts and browsers send them."""

from __future__ import annotations

from typing import Any

import aiohttp

from tests.helpers.http import Client

IDA = {"name": "Ida Holm", "email": "Ida@Holm.example", "message": "Three shops,\nby May."}
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


async def leads(person: Any) -> list[dict[str, Any]]:
    """The team's leads."""
    return (await person.get("/api/leads")).json["items"]


async def sent(anyone: Client, form: dict[str, Any], body: Any = None, **headers: str) -> Any:
    """The answer to what a script sends."""
    return await anyone.post(form["action"], IDA if body is None else body, headers=headers)


class Page:
    """What a browser gets."""

    def __init__(self, status: int, headers: Any, text: str) -> None:
        self.status, self.headers, self.text = status, headers, text


async def browse(anyone: Client, path: str, **data: Any) -> Page:
    """Ask as a browser does: the page, or with `data` a plain form that is sent."""
    method = "POST" if data else "GET"
    async with anyone.session.request(
        method, anyone.url + path, headers=BROWSER, allow_redirects=False, **data
    ) as response:
        return Page(response.status, response.headers, await response.text())


def multipart(fields: dict[str, str]) -> Any:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        data.add_field(name, value)
    return data
