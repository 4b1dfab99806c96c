"""The connection pool, and Tortoise made to use it only inside a unit of work."""

from __future__ import annotations

import logging
from typing import Any

import asyncpg
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient
from tortoise.backends.base_postgres.client import translate_exceptions

from models.db import connection
from models.errors import Unavailable
from server.config import Settings
from server.core.pipeline import COMMAND_SECONDS, Connection
from server.core.pool import Pool

MODEL_MODULES = [
    "models.identity",
    "models.event_log",
    "models.jobs",
    "models.notifications",
    "models.paper",
    "models.audit",
    "models.mailbox",
    "models.projects",
    "models.todos",
    "models.records",
    "models.contacts",
    "models.leads",
    "models.consultants",
    "models.contracts",
    "models.forms",
    "models.imports",
    "models.proposals",
    "models.settings",
    "models.views",
]
ACQUIRE_SECONDS = 5.0


class Borrowed:
    """The running unit's connection, lent to one Tortoise query."""

    async def __aenter__(self) -> asyncpg.Connection:
        return connection()

    async def __aexit__(self, *_: object) -> None:
        return None


class UnitClient(AsyncpgDBClient):
    """Tortoise's client: its queries run on the connection of the unit of work, and nowhere else.

    The unit begins and ends the transaction, so there is nothing to begin here.
    """

    def acquire_connection(self) -> Any:
        return Borrowed()

    @translate_exceptions
    async def execute_many(self, query: str, values: list) -> None:
        await connection().executemany(query, values)

    def _in_transaction(self) -> Any:
        raise RuntimeError("services never open transactions: the edge, a job or a socket command does")


client_class = UnitClient


def tortoise_config(engine: str = "server.core.database", credentials: dict[str, Any] | None = None) -> dict[str, Any]:
    """The configuration that Tortoise and aerich read."""
    return {
        "connections": {"default": {"engine": engine, "credentials": credentials or {}}},
        "apps": {"models": {"models": [*MODEL_MODULES, "aerich.models"], "default_connection": "default"}},
        "use_tz": True,
        "timezone": "UTC",
    }


class Database:
    """The pool of one process."""

    def __init__(self) -> None:
        self._pool: Pool | None = None

    @property
    def pool(self) -> Pool:
        if self._pool is None:
            raise Unavailable("The database is not connected.", code="database_unavailable")
        return self._pool

    async def open(self, settings: Settings, *, size: int | None = None) -> None:
        """Connect. Raises what asyncpg raises when the server cannot be reached."""
        await Tortoise.init(config=tortoise_config(), _enable_global_fallback=True)
        pool = Pool(lambda: _connect(settings.database_url), size or settings.database_pool)
        async with pool.connection(ACQUIRE_SECONDS):
            self._pool = pool

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None and not await pool.close(3):
            logging.getLogger(__name__).warning("database connections were still busy at the end and were cut")


async def _connect(url: str) -> Connection:
    conn = await asyncpg.connect(
        url,
        connection_class=Connection,
        statement_cache_size=1024,
        max_cached_statement_lifetime=0,
        timeout=5,
        command_timeout=COMMAND_SECONDS,
        server_settings={
            "application_name": "mediaflow",
            # Whatever the server's own are: dates become text in SQL.
            "timezone": "UTC",
            "datestyle": "ISO",
            "intervalstyle": "postgres",
            "bytea_output": "hex",
            "jit": "off",
            "statement_timeout": "5000",
            "lock_timeout": "4000",
            "idle_in_transaction_session_timeout": "30000",
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "5",
            "tcp_keepalives_count": "3",
        },
    )
    try:
        await conn.get_ready()
    except BaseException:
        conn.terminate()
        raise
    return conn


database = Database()
