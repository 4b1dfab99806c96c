"""The doorbell of the workers: tells them through Redis that a job was committed; the row in PostgreSQL is the truth.

A bell that is lost (Redis away, queue of bells full) costs a second, not a job: the workers look for due rows anyway.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

from taskiq import AsyncBroker, BrokerMessage, SendTaskError
from taskiq.kicker import AsyncKicker

from server.core import jobs, redis

TASK = "job.ring"
# One list of bells per class of work, so that a slow class cannot hold up a quick one.
QUEUES = ("fast", "mail", "webhook", "bulk", "pdf", "media")
MOST_WAITING = 10_000
NOWHERE = "redis://127.0.0.1:1"  # without a Redis the bell rings in vain, and the workers look for themselves
REDIS_SECONDS = 1.0
WAIT_SECONDS = 2
DEAF_SECONDS = 6
LONGEST_BACKOFF = 2.0
log = logging.getLogger(__name__)


def bell_key(queue: str) -> str:
    """The Redis list that carries a queue's bells."""
    return f"{{mf:bell}}:{queue}"  # in a cluster all in one place: who waits, waits for several at once


class BellBroker(AsyncBroker):
    """taskiq's end of the lists: one for each queue, with its newest bells only, as nobody may listen for hours."""

    def __init__(self, redis_url: str, *, timeout: float | None = None) -> None:
        super().__init__()
        self.redis: Any = redis.client(redis_url or NOWHERE, timeout=timeout)

    async def shutdown(self) -> None:
        await super().shutdown()
        await self.redis.aclose()

    async def kick(self, message: BrokerMessage) -> None:
        key = message.labels["queue_name"]
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.lpush(key, message.message)
            pipe.ltrim(key, 0, MOST_WAITING - 1)
            await pipe.execute()

    async def listen(self) -> AsyncGenerator[bytes, None]:
        """Yield bells for ever. An error of Redis delays them, and never ends the process or cuts a running job."""
        failures = 0
        while True:
            try:
                message = await self._next()
                failures = 0
            except redis.TROUBLE as error:
                failures += 1
                if failures == 1:
                    log.warning("no bells from Redis (jobs run by looking): %s", error)
                await asyncio.sleep(min(LONGEST_BACKOFF, 0.1 * 2**failures))
                continue
            if message is not None:
                yield message

    async def _next(self) -> bytes | None:
        async with asyncio.timeout(DEAF_SECONDS):
            found = await self.redis.brpop([bell_key(queue) for queue in QUEUES], timeout=WAIT_SECONDS)
            return found[1] if found else None


class Bell:
    """Rings after commits, from a task of its own, so that no request waits for Redis."""

    def __init__(self, redis_url: str) -> None:
        self._broker = BellBroker(redis_url, timeout=REDIS_SECONDS)
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
        await self._broker.shutdown()

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
                    log.warning("the bell could not be rung: %s", error.__cause__)
                    self._waiting.clear()
