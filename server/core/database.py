"""The connection pool, and Tortoise made to use it only inside a unit of work."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

import asyncpg
from tortoise import Tortoise
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.connection import ConnectionHandler, get_connections

from models.errors import Unavailable
from server.config import Settings

MODEL_MODULES = [
    "models.identity",
    "models.event_log",
    "models.jobs",
]
ACQUIRE_SECONDS = 5.0


class PlainConnection(asyncpg.Connection):
    """No reset query on release: a round trip saved. Nothing here may set session state (`SET`, `LISTEN`, locks)."""

    def get_reset_query(self) -> str:
        return ""


class GuardedClient(AsyncpgDBClient):
    """Tortoise's client, which refuses to work outside a unit of work."""

    async def create_connection(self, with_db: bool) -> None:
        raise RuntimeError("no unit of work is open in this task")


client_class = GuardedClient


class BoundConnection(TransactionWrapper):
    """Tortoise's view of the connection that a unit of work has opened; the unit begins and ends the transaction."""

    def __init__(self, parent: AsyncpgDBClient, conn: asyncpg.Connection) -> None:
        super().__init__(parent)
        self._connection = conn
        self._lock = asyncio.Lock()


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
        self._pool: asyncpg.Pool | None = None
        self._connections: ConnectionHandler | None = None

    @property
    def pool(self) -> asyncpg.Pool:
        if self._pool is None:
            raise Unavailable("The database is not connected.", code="database_unavailable")
        return self._pool

    async def open(self, settings: Settings, *, size: int | None = None) -> None:
        """Connect. Raises what asyncpg raises when the server cannot be reached."""
        await Tortoise.init(config=tortoise_config(), _enable_global_fallback=True)
        self._connections = get_connections()
        self._tortoise = cast(AsyncpgDBClient, self._connections.get("default"))
        self._pool = await asyncpg.create_pool(
            settings.database_url,
            min_size=1,
            max_size=size or settings.database_pool,
            connection_class=PlainConnection,
            statement_cache_size=1024,
            max_cached_statement_lifetime=0,
            timeout=5,
            command_timeout=15,
            server_settings={
                "application_name": "mediaflow",
                "timezone": "UTC",
                "statement_timeout": "5000",
                "lock_timeout": "4000",
                "idle_in_transaction_session_timeout": "30000",
                "tcp_keepalives_idle": "10",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "3",
            },
        )

    async def close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            await asyncio.wait_for(pool.close(), 3)
        except TimeoutError:
            pool.terminate()
            logging.getLogger(__name__).warning("database connections were still busy at the end and were cut")

    def bind(self, conn: asyncpg.Connection) -> Any:
        """Make Tortoise queries of this task use `conn`; gives the token for `unbind`."""
        assert self._connections is not None
        return self._connections.set("default", BoundConnection(self._tortoise, conn))

    def unbind(self, token: Any) -> None:
        assert self._connections is not None
        self._connections.reset(token)


database = Database()
