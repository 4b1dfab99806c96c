"""The mailbox of development, as a page and as JSON."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel

from models.errors import NotFound
from server.config import settings
from server.core.permissions import Public
from server.core.routing import Context, Routes
from server.mailbox import service

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
# The page shows each mail in a frame of its own that can run nothing and open nothing but links.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; img-src data:; base-uri 'none'"
routes = Routes("/dev/mail", tag="development")


class MailOut(BaseModel):
    to: str
    subject: str
    text: str
    html: str
    links: list[str]
    at: datetime


class MailboxOut(BaseModel):
    """The last mails, newest first."""

    items: list[MailOut]


@cache
def _page() -> Any:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True).get_template("mailbox/page.html")


@routes.get("", can=Public, gives=MailboxOut, hidden=True, limit="none")
async def mailbox(ctx: Context) -> web.Response:
    """The mails that would have been sent: a page, or JSON where it is asked for."""
    if settings().production:
        raise NotFound("There is no such address.")
    items = await service.newest()
    if "application/json" in ctx.request.headers.get("Accept", ""):
        return web.Response(body=msgspec.json.encode({"items": items}), content_type="application/json")
    page = _page().render(items=items)
    return web.Response(text=page, content_type="text/html", headers={"Content-Security-Policy": POLICY})
