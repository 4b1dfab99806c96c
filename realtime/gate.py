"""Before a connection is made at all: pages of our own origins only, and no more than an address may have."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from realtime.caps import Addresses
from server.config import Settings
from server.core.middleware import client_address

FULL = {
    "status": "429 TOO MANY REQUESTS",
    "headers": [("Content-Type", "application/json"), ("Retry-After", "10")],
    "response": b'{"code":"too_many_connections","message":"This address has too many connections open."}',
}


class Gate:
    """Who may knock."""

    def __init__(self, settings: Settings, is_open: Callable[[str], bool]) -> None:
        self.origins = frozenset(filter(None, (*settings.cors_origins, settings.public_url.rstrip("/"))))
        self.trusted = [ipaddress.ip_network(network, strict=False) for network in settings.trusted_proxies]
        most = settings.sockets_per_address if settings.rate_limits == "on" else 0
        self.addresses = Addresses(most, is_open)

    def allows(self, origin: str | None, environ: dict[str, Any]) -> bool:
        """Whether a page of this origin may connect; clients that are no browsers name none."""
        if origin is None or origin in self.origins:
            return True
        asked = urlsplit(origin)
        return asked.scheme in ("http", "https") and asked.netloc == self._host(environ)

    def _host(self, environ: dict[str, Any]) -> str:
        """Where the client thinks that it speaks to; what a proxy says of that is believed of trusted ones only."""
        request: web.Request = environ["aiohttp.request"]
        forwarded = request.headers.get("X-Forwarded-Host", "").split(",")[0].strip()
        return forwarded if forwarded and self._is_proxied(request) else request.headers.get("Host", "")

    def _is_proxied(self, request: web.Request) -> bool:
        peer = request.remote or ""
        return any(ipaddress.ip_address(peer) in network for network in self.trusted) if peer else False

    def lets_in(self, environ: dict[str, Any], sid: str) -> bool:
        """Count the connection for its address; False when that has the most already."""
        address = client_address(environ["aiohttp.request"], self.trusted)
        if not self.addresses.has_room(address):
            return False
        self.addresses.add(address, sid)
        return True
