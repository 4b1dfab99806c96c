"""The workers' end of the doorbell: listens on the queues' lists, through Redis blips and restarts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from redis import RedisError
from redis.asyncio import Redis

from server.core.bell import NOWHERE, BellBroker, bell_key

WAIT_SECONDS = 2
DEAF_SECONDS = 6
LONGEST_BACKOFF = 2.0


class Doorbell(BellBroker):
    """Yields bells for ever. An error of Redis delays them, and never ends the process or cuts a running job."""

    def __init__(self, redis_url: str, queues: Sequence[str]) -> None:
        # redis-py's own socket_timeout swallows a cancellation on Python 3.11: the worker would not stop on SIGTERM.
        super().__init__(redis_url or NOWHERE, socket_timeout=None, socket_connect_timeout=2)
        self._keys = [bell_key(queue) for queue in queues]

    async def listen(self) -> AsyncGenerator[bytes, None]:
        failures = 0
        while True:
            try:
                message = await self._next()
                failures = 0
            except (RedisError, OSError, TimeoutError) as error:
                failures += 1
                if failures == 1:
                    logging.getLogger(__name__).warning("no bells from Redis (jobs run by looking): %s", error)
                await asyncio.sleep(min(LONGEST_BACKOFF, 0.1 * 2**failures))
                continue
            if message is not None:
                yield message

    async def _next(self) -> bytes | None:
        async with Redis(connection_pool=self.connection_pool) as redis, asyncio.timeout(DEAF_SECONDS):
            found: Any = await redis.brpop(self._keys, timeout=WAIT_SECONDS)
            return found[1] if found else None
