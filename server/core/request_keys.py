"""What the edge notes on a request, for those who come after it."""

from __future__ import annotations

from aiohttp import web

REQUEST_ID = web.RequestKey("request_id", str)
ADDRESS = web.RequestKey("address", str)
BODY = web.RequestKey("body", bytes)
# What goes into the head of the answer, whatever that will be: where a limit stands, which other sites may read it.
MORE_HEADERS = web.RequestKey("more_headers", dict[str, str])
