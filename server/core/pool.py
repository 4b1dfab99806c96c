"""The connections of one process, lent to units of work.

asyncpg's own pool costs 20 µs a loan (a proxy around each connection, a task for each return), a quarter of a read.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from server.core.pipeline import Connection

# How long a read's transaction may stay open behind its last answer; the next one on the connection ends it sooner.
SETTLE_SECONDS = 0.02


class Pool:
    """At most `size` connections, the one used last lent first."""

    def __init__(self, connect: Callable[[], Awaitable[Connection]], size: int) -> None:
        self._connect = connect
        self.size = size
        self._open: set[Connection] = set()
        self._idle: list[Connection] = []
        self._coming = 0  # connections that are being made
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._settling: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def acquire(self, seconds: float) -> Connection:
        """A connection. Raises `TimeoutError` when none is free in time, or what asyncpg raises."""
        return self.take() or await self._wait(seconds)

    def take(self) -> Connection | None:
        """A connection that lies idle, if one does."""
        while self._idle:
            conn = self._idle.pop()
            if not conn.is_closed():
                return conn
            self._open.discard(conn)
        return None

    async def _wait(self, seconds: float) -> Connection:
        async with asyncio.timeout(seconds):
            while True:
                if conn := self.take():
                    return conn
                if len(self._open) + self._coming < self.size:
                    return await self._make()
                if conn := await self._handed():
                    return conn

    async def _handed(self) -> Connection | None:
        """Wait for a connection that another gives back; None when it was closed, and made room for a new one."""
        handed: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(handed)
        try:
            return await handed
        except asyncio.CancelledError:
            if handed.done() and not handed.cancelled():  # it was for us, and we go
                self._hand(handed.result())
            raise

    async def _make(self) -> Connection:
        self._coming += 1
        try:
            conn = await self._connect()
        except BaseException:
            self._coming -= 1
            self._hand(None)
            raise
        self._coming -= 1
        self._open.add(conn)
        return conn

    def release(self, conn: Connection) -> None:
        """Give a connection back; a closed one makes room for another."""
        if conn.is_closed():
            self._open.discard(conn)
            self._hand(None)
        else:
            self._hand(conn)

    def _hand(self, conn: Connection | None) -> None:
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(conn)
                return
        if conn is not None:
            self._idle.append(conn)
            if self._settling is None and conn.is_in_transaction():
                self._settling = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._settle)

    def _settle(self) -> None:
        """End the transactions that reads have left open and nobody has used since."""
        self._settling = None
        for conn in [c for c in self._idle if not c.is_closed() and c.is_in_transaction()]:
            self._idle.remove(conn)
            task = asyncio.create_task(self._commit(conn))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _commit(self, conn: Connection) -> None:
        try:
            await conn.execute("COMMIT")
        except Exception:  # a lost connection has nothing left to end
            conn.terminate()
        finally:
            self.release(conn)

    @asynccontextmanager
    async def connection(self, seconds: float) -> AsyncIterator[Connection]:
        """A connection outside any unit of work and any transaction."""
        conn = await self.acquire(seconds)
        try:
            if conn.is_in_transaction():
                await conn.execute("COMMIT")
            yield conn
        finally:
            self.release(conn)

    async def close(self, seconds: float) -> bool:
        """Close all connections; False when some were busy for longer than `seconds`, and were cut."""
        if self._settling is not None:
            self._settling.cancel()
        try:
            async with asyncio.timeout(seconds):
                while len(self._idle) < len(self._open) + self._coming:  # noqa: ASYNC110 - once, at the end
                    await asyncio.sleep(0.01)
                await asyncio.gather(*(conn.close() for conn in self._idle))
        except TimeoutError:
            for conn in self._open:
                conn.terminate()
            return False
        return True
