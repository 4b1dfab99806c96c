"""Hints that something was committed, from the bus of the rooms; whoever misses one looks a second later."""

from __future__ import annotations

import asyncio
import logging

from redis import RedisError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from server.core.bell import NOWHERE

EVERY_ROOM = "mf:room:*"
RETRY_SECONDS = 1.0


class Hints:
    """Wakes the dispatcher."""

    def __init__(self, redis_url: str) -> None:
        # socket_timeout would swallow the cancellation that ends us (redis-py 8 on Python 3.11).
        self._redis = Redis.from_url(
            redis_url or NOWHERE, socket_timeout=None, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0)
        )
        self._heard = asyncio.Event()

    async def listen(self) -> None:
        """Hear hints until cancelled; Redis being away only makes the dispatcher look instead."""
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.psubscribe(EVERY_ROOM)
                    async for _ in pubsub.listen():
                        self._heard.set()
            except (RedisError, OSError, TimeoutError) as error:
                logging.getLogger(__name__).warning("no hints from Redis: %s", error)
            await asyncio.sleep(RETRY_SECONDS)

    def clear(self) -> None:
        """Forget the hints so far: call it before looking."""
        self._heard.clear()

    async def wait(self, seconds: float, stop: asyncio.Event) -> None:
        """Until a hint comes, the time is over or `stop` is set."""
        await _first(seconds, self._heard, stop)

    async def pause(self, seconds: float, stop: asyncio.Event) -> None:
        """Until the time is over or `stop` is set."""
        await _first(seconds, stop)

    async def close(self) -> None:
        await self._redis.aclose()


async def _first(seconds: float, *events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
