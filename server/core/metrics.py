"""Prometheus metrics; merged over processes where `METRICS_DIR` names a folder that they share."""

from __future__ import annotations

import asyncio
import logging
import os
from bisect import bisect_left
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

# prometheus_client reads this once, when it is first imported: whoever has metrics takes the classes from here.
if os.environ.get("METRICS_DIR"):
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", os.environ["METRICS_DIR"])

from prometheus_client import Counter, Gauge, Histogram

__all__ = ["Counter", "Gauge", "Histogram", "kept_up", "request", "settle"]

LOOK_SECONDS = 5.0


class Latency(Histogram):
    """A histogram that takes many values at once, for the price of one: a metric is dear to touch."""

    def observe_all(self, seconds: Sequence[float]) -> None:
        self._sum.inc(sum(seconds))
        # The first bound that is not below the value, as `observe` does it; each bucket counts its own.
        for bucket, count in Tally(bisect_left(self._upper_bounds, s) for s in seconds).items():
            self._buckets[bucket].inc(count)


REQUESTS = Counter("mediaflow_requests", "Requests by route and status.", ["method", "route", "status"])
LATENCY = Latency(
    "mediaflow_request_seconds",
    "Seconds from a request's headers to its answer.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
TASKS = Gauge("mediaflow_tasks", "Tasks of each process, a few seconds ago.", multiprocess_mode="liveall")


# Seconds of the requests since the metrics were last settled, by method, route and status.
_since: defaultdict[tuple[str, str, int], list[float]] = defaultdict(list)


def request(method: str, route: str, status: int, seconds: float) -> None:
    """Note one finished request under its route's pattern, never under its path."""
    _since[method, route, status].append(seconds)


def settle() -> None:
    """Count what was noted."""
    noted = dict(_since)
    _since.clear()
    for (method, route, status), seconds in noted.items():
        REQUESTS.labels(method, route, str(status)).inc(len(seconds))
        LATENCY.labels(method, route).observe_all(seconds)


@asynccontextmanager
async def kept_up() -> AsyncIterator[None]:
    """As long as this is open, the metrics of requests are settled every few seconds, and the process says how many
    tasks it has: a number that only grows is a leak."""
    keeping = asyncio.create_task(_keep_up())
    try:
        yield
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        settle()


async def _keep_up() -> None:
    while True:
        try:
            settle()
            TASKS.set(len(asyncio.all_tasks()))
        except Exception:  # a folder that is full must not end the counting
            logging.getLogger(__name__).exception("metrics could not be settled")
        await asyncio.sleep(LOOK_SECONDS)
