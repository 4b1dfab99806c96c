"""What the edge notes on a request, for those who come after it."""

from __future__ import annotations

from aiohttp import web

REQUEST_ID = web.RequestKey("request_id", str)
ADDRESS = web.RequestKey("address", str)
BODY = web.RequestKey("body", bytes)
LIMIT_HEADERS = web.RequestKey("limit_headers", dict[str, str])
