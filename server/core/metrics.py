"""Prometheus metrics; merged over processes where `METRICS_DIR` names a folder that they share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

from aiohttp import web

# prometheus_client reads this once, when it is first imported: whoever has metrics takes the classes from here.
if os.environ.get("METRICS_DIR"):
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", os.environ["METRICS_DIR"])

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["Counter", "Gauge", "Histogram", "request", "tasks_counted"]

LOOK_SECONDS = 5.0

REQUESTS = Counter("mediaflow_requests", "Requests by route and status.", ["method", "route", "status"])
LATENCY = Histogram(
    "mediaflow_request_seconds",
    "Seconds from a request's headers to its answer.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
TASKS = Gauge("mediaflow_tasks", "Tasks of each process, a few seconds ago.", multiprocess_mode="liveall")


@lru_cache(maxsize=4096)
def _children(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(method, route, str(status)), LATENCY.labels(method, route)


def request(request: web.Request, status: int, seconds: float) -> None:
    """Count one finished request under its route's pattern, never under its path."""
    resource = request.match_info.route.resource
    counter, histogram = _children(request.method, resource.canonical if resource else "unmatched", status)
    counter.inc()
    histogram.observe(seconds)


@asynccontextmanager
async def tasks_counted() -> AsyncIterator[None]:
    """As long as this is open, the process says how many tasks it has: a number that only grows is a leak."""
    counting = asyncio.create_task(_count_tasks())
    yield
    counting.cancel()
    await asyncio.gather(counting, return_exceptions=True)


async def _count_tasks() -> None:
    while True:
        TASKS.set(len(asyncio.all_tasks()))
        await asyncio.sleep(LOOK_SECONDS)
