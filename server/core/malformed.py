"""What is no HTTP request, as a problem document like every other error: aiohttp's own answer to it is plain text.

`tests/contract/test_edge.py` fails when the seam moves: that `RequestHandler.handle_error` makes that answer.
"""

from __future__ import annotations

from typing import Any

import structlog
from aiohttp import web, web_protocol
from aiohttp.http_exceptions import LineTooLong
from uuid_utils import uuid7

from models.errors import AppError, BadRequest
from server.config import settings
from server.core.middleware import security_headers
from server.core.problems import answer

MOST_OF_A_LINE = 8190  # bytes: aiohttp's bound for the first line of a request, and for each header
log = structlog.get_logger(__name__)


def handle_error(
    self: Any, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
) -> web.StreamResponse:
    """The answer to what aiohttp cannot read (400) or to a fault outside the edge (500), the last of its connection."""
    if request.writer.output_size > 0:
        raise ConnectionError("a part of another answer has gone out")
    error, request_id = _error(status, exc), uuid7().hex
    if status == 400:
        reason = type(exc).__name__  # its words may hold a part of what was sent, and that a secret
        log.info("malformed_request", address=request.remote, reason=reason, request_id=request_id)
    else:
        log.error("unhandled", exc_info=exc, request_id=request_id)
    response = answer(error, request_id)
    response.headers.update(security_headers(settings()) | {"X-Request-Id": request_id, "Cache-Control": "no-store"})
    response.force_close()
    return response


def _error(status: int, exc: BaseException | None) -> AppError:
    if status != 400:
        return AppError("Something went wrong on our side; the request id helps to find it.")
    if isinstance(exc, LineTooLong):
        return BadRequest(f"The address, or a header, is longer than {MOST_OF_A_LINE} bytes.", code="head_too_long")
    return BadRequest("This is not an HTTP request.", code="malformed_request")


def take_over() -> None:
    """Have aiohttp answer so from now on, in this process."""
    web_protocol.RequestHandler.handle_error = handle_error
