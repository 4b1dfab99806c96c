"""Templates to pages, with the policy that lets a page reach nothing but this server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from aiohttp import web

from models.clock import now
from models.errors import AppError
from server.pages import assets

TEMPLATES = Path(__file__).parents[2] / "templates"
NEAR = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}


@lru_cache
def _environment() -> jinja2.Environment:
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals.update(static=assets.address, tone=tone, initials=initials, due_words=due_words)
    return env


def tone(id: Any) -> int:
    """One of eight colours for a person, the same one that the browser's code gives them."""
    return sum(map(ord, str(id))) % 8


def initials(name: str) -> str:
    words = name.split() or ["?"]
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def due_words(value: str | datetime) -> dict[str, str]:
    """A due date in words and how alarming it is; by UTC, the browser's code says it in its own time."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    day = (moment.astimezone(UTC) if moment.tzinfo else moment).date()
    days = (day - now().date()).days
    alarm = "bad" if days < 0 else "warn" if days <= 1 else ""
    return {"text": NEAR.get(days, f"{day:%b} {day.day}"), "tone": alarm}


def in_words(request: web.Request, error: AppError) -> web.Response | None:
    """What went wrong, as a page, for a browser that asked for one; None for everything else."""
    wants_page = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")
    if not wants_page or request.path.startswith(("/api/", "/static/", "/socket.io/")):
        return None
    return page(request, "pages/error.html", status=error.status, headers=error.headers, error=error)


def page(
    request: web.Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    form_action: str = "'self'",
    frame_ancestors: str = "'none'",
    **values: Any,
) -> web.Response:
    """The template as an HTML page that is never kept by a cache: it may show a team's data."""
    host = request.host
    # 'self' in connect-src does not cover ws: in every browser.
    policy = (
        f"default-src 'self'; img-src 'self' data:; connect-src 'self' ws://{host} wss://{host}; object-src 'none'; "
        f"base-uri 'none'; form-action {form_action}; frame-ancestors {frame_ancestors}"
    )
    text = _environment().get_template(template).render(**values)
    headers = {**(headers or {}), "Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
