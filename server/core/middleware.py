"""What every answer goes through: request id, the caller's address, problem documents, headers, metrics."""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Awaitable, Callable
from typing import cast

import structlog
from aiohttp import ClientConnectionResetError, web
from aiohttp.typedefs import Handler, Middleware
from secure import (
    ContentSecurityPolicy,
    CrossOriginOpenerPolicy,
    PermissionsPolicy,
    ReferrerPolicy,
    Secure,
    StrictTransportSecurity,
    XContentTypeOptions,
    XFrameOptions,
)
from uuid_utils import uuid7

from models.errors import AppError
from server.config import Settings
from server.core import logs, metrics
from server.core.problems import answer, as_app_error
from server.core.request_keys import ADDRESS, MORE_HEADERS, REQUEST_ID

GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
SLOW_SECONDS = 1.0
SOCKETS = "/socket.io/"  # these last as long as their client stays: their seconds say nothing
InWords = Callable[[web.Request, AppError], web.Response | None]
# What goes wrong as a page for people, where people asked for a page; None where programs did.
IN_WORDS = web.AppKey("in_words", object)
log = structlog.get_logger(__name__)


def security_headers(settings: Settings) -> dict[str, str]:
    """The headers of every answer, made once."""
    csp = (
        ContentSecurityPolicy()
        .default_src("'self'")
        .img_src("'self'", "data:")
        .object_src("'none'")
        .base_uri("'none'")
        .form_action("'self'")
        .frame_ancestors("'none'")
    )
    permissions = PermissionsPolicy().camera().microphone().geolocation().payment()
    headers = Secure(
        csp=csp,
        coop=CrossOriginOpenerPolicy().same_origin(),
        permissions=permissions,
        referrer=ReferrerPolicy().strict_origin_when_cross_origin(),
        hsts=StrictTransportSecurity().max_age(31536000).include_subdomains() if settings.production else None,
        xcto=XContentTypeOptions().nosniff(),
        xfo=XFrameOptions().deny(),
    ).headers
    return dict(headers)


def prepare(fixed: dict[str, str]) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """The signal that puts the common headers on every answer, sockets' included."""

    async def on_prepare(request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        headers.merge(fixed)  # what the handler has set stays
        if (request_id := request.get(REQUEST_ID)) is not None:
            headers["X-Request-Id"] = request_id
        headers.update(request.get(MORE_HEADERS, {}))
        if request.path.startswith("/api/"):
            # Not even to be asked about again: two people's answers from one address may have the same version, and
            # a browser that both use would show one of them what it keeps of the other.
            headers.setdefault("Cache-Control", "no-store")

    return on_prepare


def edge_middleware(settings: Settings) -> Middleware:
    """Name the request, run it, turn what goes wrong into a problem document, and count it."""
    trusted = [ipaddress.ip_network(p, strict=False) for p in settings.trusted_proxies]

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        given = request.headers.get("X-Request-Id")
        request[REQUEST_ID] = request_id = given if given and GIVEN_ID.fullmatch(given) else uuid7().hex
        request[ADDRESS] = client_address(request, trusted)
        request[MORE_HEADERS] = {}
        logs.request_id.set(request_id)  # for this task alone, which is the request's own
        try:
            response = await handler(request)
        except ClientConnectionResetError:  # nobody is there any more to be answered
            raise
        except Exception as error:
            wrong, in_words = as_app_error(error), cast(InWords | None, request.app.get(IN_WORDS))
            response = (in_words and in_words(request, wrong)) or answer(wrong, request_id)
        if request.content.exception() is not None:  # a body that cannot be decoded, whether anybody read it or not
            request.content.feed_eof()  # aiohttp would read on, and stumble over it once more
            response.force_close()  # and its parser is of no use for what comes next
        route = _route(request)
        if route.startswith(SOCKETS):
            return response
        seconds = time.perf_counter() - started
        metrics.request(request.method, route, response.status, seconds)
        if response.status >= 500 or seconds > SLOW_SECONDS:
            log.warning(
                "request",
                method=request.method,
                path=route if "{token}" in route else request.path,
                status=response.status,
                seconds=seconds,
            )
        return response

    return middleware


def _route(request: web.Request) -> str:
    """The pattern of the path."""
    resource = request.match_info.route.resource
    return "unmatched" if resource is None else resource.canonical


def client_address(request: web.Request, trusted: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> str:
    """The peer's address or, behind trusted proxies only, the nearest hop they name that is not one of them."""
    peer = request.remote or ""
    if not trusted or not _is_trusted(peer, trusted):
        return peer
    hops = [h.strip() for h in request.headers.get("X-Forwarded-For", "").split(",") if h.strip()]
    for hop in reversed(hops):
        if not _is_address(hop):
            break
        peer = hop
        if not _is_trusted(hop, trusted):
            break
    return peer


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_trusted(text: str, trusted: list[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    return _is_address(text) and any(ipaddress.ip_address(text) in network for network in trusted)
