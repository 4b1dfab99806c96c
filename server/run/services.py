"""The database and the Redis of a start: the ones that the settings name, or embedded ones."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from server.core.redis import TROUBLE, client
from server.run import postgres, redis
from server.run.account import CannotRun
from server.run.console import say
from server.run.supervisor import Kept, Supervisor

PATIENCE = 30.0
OLDEST_POSTGRES = 150000
OLDEST_REDIS = (6, 2)


def keep_postgres(supervisor: Supervisor, var: Path) -> None:
    """Start the embedded PostgreSQL and return when it accepts connections."""
    kept = supervisor.keep(Kept("postgres", "service", lambda: postgres.command(var), var / "postgres.lock"))
    postgres.wait_ready(var, supervisor.running(kept))


def keep_redis(supervisor: Supervisor, var: Path) -> str:
    """Start the embedded Redis and give its address when it answers."""
    kept = supervisor.keep(Kept("redis", "service", lambda: redis.command(var), var / "redis.lock"))
    redis.wait_ready(var, supervisor.running(kept))
    return redis.address(var)


def check_database(supervisor: Supervisor, url: str, patience: float = PATIENCE) -> None:
    """Return when the given PostgreSQL answers and is new enough; it may still be starting up."""
    deadline, told = time.monotonic() + patience, False
    while True:
        try:
            number = asyncio.run(_postgres_version(url))
            break
        except (OSError, TimeoutError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
            if time.monotonic() > deadline:
                raise CannotRun(f"DATABASE_URL: no PostgreSQL answers at {_place(url)} ({error})") from None
            if not told:
                say(f"DATABASE_URL: {_place(url)} does not answer ({error}): trying for {patience:.0f} seconds")
                told = True
            supervisor.tick()
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise CannotRun(f"DATABASE_URL: {_place(url)} refuses us: {error}") from None
    refuse_old_postgres(number, url)


def check_redis(url: str) -> None:
    """Refuse a Redis that is too old; one that is away for the moment stops nothing."""
    try:
        version = asyncio.run(_redis_version(url))
    except ValueError as error:
        raise CannotRun(f"REDIS_URL: {_place(url)} is no address: {error}") from None
    except TROUBLE as error:
        say(f"REDIS_URL: {_place(url)} does not answer ({error}): starting without it")
        return
    refuse_old_redis(version, url)


def refuse_old_postgres(number: int, url: str) -> None:
    """`number` as in `server_version_num`: 150018 is 15.18."""
    if number < OLDEST_POSTGRES:
        raise CannotRun(f"DATABASE_URL: {_place(url)} is PostgreSQL {number // 10000}; 15 or newer is needed")


def refuse_old_redis(version: str, url: str) -> None:
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_REDIS:
        raise CannotRun(f"REDIS_URL: {_place(url)} is Redis {version}; 6.2 or newer is needed")


async def _redis_version(url: str) -> str:
    async with client(url, timeout=3) as server:
        found: Any = await server.info("server")
    return str(found["redis_version"])


async def _postgres_version(url: str) -> int:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return int(await connection.fetchval("SHOW server_version_num"))
    finally:
        await connection.close()


def _place(url: str) -> str:
    """An address without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
