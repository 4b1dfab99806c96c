"""What Prometheus reads: the processes' own metrics, merged, and what the database knows."""

from __future__ import annotations

import hmac
import ipaddress
import os
from collections.abc import Iterable

import asyncpg
from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric

from models.errors import AppError, Unauthorised
from server.core import metrics
from server.core.system import system_unit

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
# One row per number: metric, two labels, value. Done jobs and deliveries are left out: they are most of the table.
NUMBERS = """
SELECT 'job' AS what, queue AS name, state, count(*)::float8 AS count,
       coalesce(extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now())), 0)::float8
           AS waits
FROM job WHERE state IN ('queued', 'running', 'dead') GROUP BY queue, state
UNION ALL
SELECT 'delivery', follower, state, count(*)::float8,
       coalesce(extract(epoch FROM now() - min(run_at) FILTER (WHERE state = 'queued' AND run_at <= now())), 0)::float8
FROM delivery WHERE state IN ('queued', 'dead') GROUP BY follower, state
"""
FAMILIES = {
    "job": ("mediaflow_jobs", "Jobs by queue and state.", "mediaflow_jobs_due_seconds", "queue"),
    "delivery": (
        "mediaflow_follower_deliveries",
        "Facts to follow.",
        "mediaflow_follower_lag_seconds",
        "follower",
    ),
}


def allow(request: web.Request, token: str) -> None:
    """Let in who asks from this machine itself, or holds the token. Raises `Unauthorised`."""
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(given.encode(errors="surrogateescape"), token.encode()):
        return
    # Behind a proxy on this machine everybody comes from loopback: what was forwarded is from elsewhere.
    if not _loopback(request.remote or "") or any(name in request.headers for name in FORWARDED):
        raise Unauthorised("Metrics are for this machine, or for who holds METRICS_TOKEN.", code="token_missing")


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == ""  # a UNIX socket has no address


async def exposition() -> bytes:
    """The text of all metrics. What the database knows is left out, and said so, when it is away."""
    registry = CollectorRegistry()
    registry.register(_Families(await _families()))
    return _own() + generate_latest(registry)


def _own() -> bytes:
    metrics.settle()
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY)
    merged = CollectorRegistry()
    multiprocess.MultiProcessCollector(merged)
    return generate_latest(merged)


class _Families:
    """Families made elsewhere, in the form that the registry collects."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


async def _families() -> list[Metric]:
    up = GaugeMetricFamily("mediaflow_database_up", "1 while the database answers.")
    try:
        async with system_unit(read_only=True) as unit:
            rows = await unit.conn.fetch(NUMBERS)
    except (AppError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        up.add_metric([], 0)
        return [up]
    up.add_metric([], 1)
    return [up, *(family for what in FAMILIES for family in _of(what, rows))]


def _of(what: str, rows: list[asyncpg.Record]) -> list[Metric]:
    name, says, lag_name, label = FAMILIES[what]
    count = GaugeMetricFamily(name, says, labels=[label, "state"])
    lag = GaugeMetricFamily(lag_name, "Seconds that the oldest due one has waited.", labels=[label])
    for row in rows:
        if row["what"] == what:
            count.add_metric([row["name"], row["state"]], row["count"])
            if row["state"] == "queued":
                lag.add_metric([row["name"]], row["waits"])
    return [count, lag]
