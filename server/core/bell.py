"""The doorbell of the workers: tells them through Redis that a job was committed; the row in PostgreSQL is the truth.

A bell that is lost (Redis away, queue of bells full) costs a second, not a job: the workers look for due rows anyway.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from taskiq import BrokerMessage, SendTaskError
from taskiq.kicker import AsyncKicker
from taskiq_redis import ListQueueBroker

from server.core import jobs

TASK = "job.ring"
# One list of bells per class of work, so that a slow class cannot hold up a quick one.
QUEUES = ("fast", "mail", "webhook", "pdf", "media")
MOST_WAITING = 10_000
NOWHERE = "redis://127.0.0.1:1"  # without a Redis the bell rings in vain, and the workers look for themselves
REDIS_SECONDS = 1.0


def bell_key(queue: str) -> str:
    """The Redis list that carries a queue's bells."""
    return f"mf:bell:{queue}"


class BellBroker(ListQueueBroker):
    """taskiq's list broker, which keeps the newest bells only: nobody may be listening for hours."""

    async def kick(self, message: BrokerMessage) -> None:
        key = message.labels.get("queue_name") or self.queue_name
        async with Redis(connection_pool=self.connection_pool) as redis:
            async with redis.pipeline(transaction=False) as pipe:
                pipe.lpush(key, message.message)
                pipe.ltrim(key, 0, MOST_WAITING - 1)
                await pipe.execute()


class Bell:
    """Rings after commits, from a task of its own, so that no request waits for Redis."""

    def __init__(self, redis_url: str) -> None:
        self._broker = BellBroker(
            redis_url or NOWHERE,
            queue_name=bell_key("fast"),
            max_connection_pool_size=2,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._waiting: deque[tuple[str, UUID]] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()
        self._flusher: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Ring for every job that this process commits from now on."""
        self._flusher = asyncio.create_task(self._flush())
        jobs.ring = self.ring

    async def close(self) -> None:
        """Stop ringing; bells not yet rung are left to the workers' own looking."""
        jobs.ring = None
        if self._flusher is not None:
            self._flusher.cancel()
            await asyncio.gather(self._flusher, return_exceptions=True)
        await self._broker.connection_pool.disconnect()

    def ring(self, queue: str, job_id: UUID) -> None:
        """Tell the workers of the queue about the job, soon; never waits and never fails."""
        self._waiting.append((queue, job_id))
        self._wake.set()

    async def _flush(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                queue, job_id = self._waiting.popleft()
                try:
                    kicker: AsyncKicker[Any, Any] = AsyncKicker(TASK, self._broker, {"queue_name": bell_key(queue)})
                    await kicker.kiq(str(job_id), queue)
                except SendTaskError as error:
                    logging.getLogger(__name__).warning("the bell could not be rung: %s", error.__cause__)
                    self._waiting.clear()
