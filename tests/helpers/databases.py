"""Databases for tests: one migrated template, cloned."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from server.migrate import LOCK, migrate
from tests.helpers.ports import WORKER
from tests.helpers.services import STRANGE

TEMPLATE = f"mediaflow_template_{WORKER}"
CLONES = f"mediaflow_test_{WORKER}_"
Sql = Callable[..., Awaitable[list[asyncpg.Record]]]
Connection = asyncpg.Connection | PoolConnectionProxy


def named(url: str, name: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


async def migrated_template(url: str) -> str:
    """Migrate a database that is then only cloned, and drop what an earlier run has left on a given server."""
    template = named(url, TEMPLATE)
    conn = await asyncpg.connect(url)
    await conn.execute(f"SELECT pg_advisory_lock({LOCK})")  # of a given server's roles there is one set for all workers
    left = await conn.fetch("SELECT datname FROM pg_database WHERE datname = $1 OR datname ^@ $2", TEMPLATE, CLONES)
    for (name,) in left:
        await conn.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await conn.execute(f"CREATE DATABASE {TEMPLATE}")
    await migrate(template)
    await conn.close()
    return template


async def clone(template: str, name: str = "") -> str:
    """A new database like the template, with strange settings; milliseconds."""
    name = CLONES + (name or uuid.uuid4().hex)
    conn = await asyncpg.connect(named(template, "postgres"))
    await conn.execute(f'CREATE DATABASE "{name}" TEMPLATE {TEMPLATE} STRATEGY wal_log')
    for setting, value in STRANGE.items():
        await conn.execute(f"ALTER DATABASE \"{name}\" SET {setting} = '{value}'")
    await conn.close()
    return named(template, name)


def in_database(url: str) -> Sql:
    """A function that runs one statement as the system role, on a connection of its own."""

    async def run(statement: str, *args: object) -> list[asyncpg.Record]:
        conn = await asyncpg.connect(url)
        try:
            return await _as_system(conn, statement, args)
        finally:
            await conn.close()

    return run


@asynccontextmanager
async def staying_in(url: str) -> AsyncIterator[Sql]:
    """The same on connections that stay open: a new one costs more than most statements."""
    async with asyncpg.create_pool(url, min_size=0, max_size=20, statement_cache_size=0) as pool:

        async def run(statement: str, *args: object) -> list[asyncpg.Record]:
            async with pool.acquire() as conn:
                return await _as_system(conn, statement, args)

        yield run


async def _as_system(conn: Connection, statement: str, args: Sequence[object]) -> list[asyncpg.Record]:
    async with conn.transaction():
        await conn.execute("SET LOCAL ROLE mediaflow_system")
        return await conn.fetch(statement, *args)
