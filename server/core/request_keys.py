"""What the edge notes on a request, for those who come after it."""

from __future__ import annotations

from aiohttp import web

REQUEST_ID = web.RequestKey("request_id", str)
ADDRESS = web.RequestKey("address", str)
BODY = web.RequestKey("body", bytes)
# What a page of another site is told of an answer, where the endpoint itself says which sites may ask.
ORIGIN_HEADERS = web.RequestKey("origin_headers", dict[str, str])
LIMIT_HEADERS = web.RequestKey("limit_headers", dict[str, str])
