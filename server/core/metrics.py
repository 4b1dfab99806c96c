"""Prometheus metrics; merged over processes where `METRICS_DIR` names a folder that they share."""

from __future__ import annotations

import os
from functools import lru_cache

from aiohttp import web

# prometheus_client reads this once, when it is first imported: whoever has metrics takes the classes from here.
if os.environ.get("METRICS_DIR"):
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", os.environ["METRICS_DIR"])

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["Counter", "Gauge", "Histogram", "request"]

REQUESTS = Counter("mediaflow_requests", "Requests by route and status.", ["method", "route", "status"])
LATENCY = Histogram(
    "mediaflow_request_seconds",
    "Seconds from a request's headers to its answer.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)


@lru_cache(maxsize=4096)
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), LATENCY.labels(method, route)


def request(request: web.Request, status: int, seconds: float) -> None:
    """Count one finished request under its route's pattern, never under its path."""
    resource = request.match_info.route.resource
    counter, histogram = _children(request.method, resource.canonical if resource else "unmatched", status)
    counter.inc()
    histogram.observe(seconds)
