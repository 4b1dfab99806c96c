"""From which sites a form may be sent: those that it names, and its own page; browsers are told exactly that."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from models.errors import NotFound, PermissionDenied
from models.forms import Form
from server.config import settings
from server.core.request_keys import MORE_HEADERS
from server.forms import service
from server.forms.schemas import origin_of

PATH = "/api/forms/{token}"


def check(request: web.Request, form: Form) -> None:
    """Raise `PermissionDenied` (origin_not_allowed) for a page of another site; who names none is no browser's page."""
    origin = request.headers.get("Origin")
    if origin is None or _is_ours(request, origin):
        return
    if origin not in (*form.origins, *settings().cors_origins):
        raise PermissionDenied("This form may not be sent from that site.", code="origin_not_allowed")
    request[MORE_HEADERS] |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}


async def preflight(request: web.Request) -> web.Response:
    """Whether a script of another site may send the form, or manage forms where the server is set up so."""
    origin, method = request.headers.get("Origin", ""), request.headers.get("Access-Control-Request-Method", "")
    methods = ["GET", "POST", "PATCH", "DELETE"] if origin in settings().cors_origins else []
    if not methods and method == "POST" and await _allows(request.match_info["token"], origin):
        methods = ["POST"]
    if not methods:
        raise PermissionDenied("This form may not be sent from that site.", code="origin_not_allowed")
    allowed = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": request.headers.get("Access-Control-Request-Headers", ""),
        "Access-Control-Max-Age": "600",
        "Vary": "Origin",
    }
    if origin in settings().cors_origins:
        allowed["Access-Control-Allow-Credentials"] = "true"
    return web.Response(headers=allowed)


async def _allows(token: str, origin: str) -> bool:
    try:
        form, _ = await service.opened(token)
    except NotFound:
        return False
    return origin in form.origins


def _is_ours(request: web.Request, origin: str) -> bool:
    """Whether it is this server: by the address that the browser asked, or by the one that links carry."""
    return urlsplit(origin).netloc == request.host or origin == origin_of(settings().base_url)
