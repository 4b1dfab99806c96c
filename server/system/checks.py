"""What readiness looks at: each check answers within a second, whatever it looks at does."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

from server.config import Settings
from server.core import redis
from server.core.database import database
from server.core.storage import folder_of
from server.paper.engine import find_engine

SECONDS = 1.0
LATE_SECONDS = 30
NO_TRIGRAMS = "; without pg_trgm, search forgives typos only behind the first half of a word"


@dataclass(frozen=True, slots=True)
class Check:
    """How one thing is, and what to know about it."""

    state: Literal["up", "down", "late"]
    detail: str


async def everything(settings: Settings) -> dict[str, dict[str, Any]]:
    """Every check by name, all at once."""
    looks: dict[str, Awaitable[Check]] = {
        "database": _database(),
        "redis": _redis(settings.redis_url),
        "storage": _storage(settings),
        "queue": _queue(),
        "renderer": _renderer(settings.chromium_path),
    }
    found = await asyncio.gather(*(_bounded(look) for look in looks.values()))
    return {name: asdict(check) for name, check in zip(looks, found, strict=True)}


async def _bounded(look: Awaitable[Check]) -> Check:
    try:
        async with asyncio.timeout(SECONDS):
            return await look
    except TimeoutError:
        return Check("down", f"no answer within {SECONDS:.0f} s")
    except Exception as error:  # whatever a driver raises: that it is down is the answer
        return Check("down", type(error).__name__)


async def _database() -> Check:
    started = time.perf_counter()
    async with database.pool.connection(SECONDS) as conn:
        alike = await conn.fetchval("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm')")
    return Check("up", _took(started) + ("" if alike else NO_TRIGRAMS))


async def _redis(url: str) -> Check:
    if not url:
        return Check("down", "REDIS_URL is not set")
    started = time.perf_counter()
    async with redis.client(url, timeout=SECONDS) as client:
        await client.execute_command("PING")
    return Check("up", _took(started))


async def _storage(settings: Settings) -> Check:
    address = urlsplit(settings.storage_url)
    if address.scheme == "s3":
        return await _reachable(address.query)
    folder = folder_of(settings)
    started = time.perf_counter()
    await asyncio.to_thread(_write_to, folder)
    return Check("up", _took(started))


def _write_to(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"ready?")


async def _reachable(query: str) -> Check:
    endpoint = urlsplit(parse_qs(query).get("endpoint", ["https://s3.amazonaws.com"])[0])
    port = endpoint.port or (443 if endpoint.scheme == "https" else 80)
    started = time.perf_counter()
    _, writer = await asyncio.open_connection(endpoint.hostname, port)
    writer.close()
    return Check("up", _took(started))


OLDEST_DUE = """
SELECT count(*), coalesce(extract(epoch FROM now() - min(run_at)), 0)::int
FROM job WHERE state = 'queued' AND run_at <= now()
"""


async def _queue() -> Check:
    async with database.pool.connection(SECONDS) as conn, conn.transaction(readonly=True):
        await conn.execute("SET LOCAL ROLE mediaflow_system")
        ((waiting, seconds),) = await conn.fetch(OLDEST_DUE)
    return Check("late" if seconds > LATE_SECONDS else "up", f"{waiting} due, the oldest for {seconds} s")


async def _renderer(path: str) -> Check:
    found = find_engine(path)
    return Check("up", Path(found).name) if found else Check("down", "no Chromium found; CHROMIUM_PATH names one")


def _took(started: float) -> str:
    return f"{(time.perf_counter() - started) * 1000:.0f} ms"
