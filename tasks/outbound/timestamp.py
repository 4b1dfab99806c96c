"""The time-stamp authority (RFC 3161), which says when something was there, by a clock that is not ours."""

from __future__ import annotations

from pyhanko.sign.timestamps.aiohttp_client import HTTPTimeStamper
from pyhanko.sign.timestamps.api import TimeStamper

SECONDS = 10


def time_stamper(url: str) -> TimeStamper:
    """The authority at this address. Only a digest goes there, never the document."""
    return HTTPTimeStamper(url, timeout=SECONDS)
