"""Hints between processes over Redis: one channel per room, heard only where the room has members.

Nothing depends on a hint's arrival. Redis may be away from the start, die or stand still: the follower looks more often
then, and this keeps trying at an even pace.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from realtime import metrics
from realtime.frames import Json
from server.core.announce import Entry

PREFIX = "mf:room:"
MAX_WAITING = 10_000
BATCH = 500
PATIENCE = 2.0  # for one answer of Redis
log = logging.getLogger(__name__)
TROUBLE = (RedisError, OSError, TimeoutError)


def channel(room: str) -> str:
    return PREFIX + room


def signal(origin: str, name: str, payload: dict[str, Any]) -> bytes:
    """The message of something that is not logged (typing, progress), for `PUBLISH channel(room)`."""
    return f"s\n{origin}\n{name}\n{Json.dumps(payload)}".encode()


def _entry(entry: Entry) -> bytes:
    return f"e\n{entry.seq}\n{entry.type}\n{entry.ends or ''}\n{entry.wire}".encode()


def connect(url: str) -> redis.Redis:
    """A client that tries once: pace and patience are ours.

    Its own `socket_timeout` is off, since on Python 3.11 it swallows the cancellation that ends us.
    """
    return redis.Redis.from_url(
        url, retry=Retry(NoBackoff(), 0), socket_timeout=None, socket_connect_timeout=PATIENCE, socket_keepalive=True
    )


class Bus:
    """One process's end of the bus. Nothing here waits or raises where a commit or a delivery is at work."""

    def __init__(self, url: str, *, retry_seconds: float = 0.5, tick_seconds: float = 1.0) -> None:
        self.url = url
        self.process = uuid4().hex
        self.retry_seconds = retry_seconds
        self.tick_seconds = tick_seconds
        self.healthy = False
        # Said before `run` is cancelled: up to Python 3.12 a task group that fails at that moment forgets it was.
        self.ending = False
        self.on_entry: Callable[[Entry], None] = lambda entry: None
        self.on_signal: Callable[[str, str, str], None] = lambda room, name, payload: None
        self.on_subscribed: Callable[[list[str]], None] = lambda rooms: None
        self.on_health: Callable[[bool], None] = lambda healthy: None
        self._wanted: set[str] = set()
        self._outbox: deque[tuple[str, bytes]] = deque()
        self._more = asyncio.Event()
        self._changed = asyncio.Event()
        self._heard_at = 0.0

    # ---- what others call; none of it waits ----

    def publish(self, entries: Iterable[Entry]) -> None:
        """Tell the other processes of a commit, some time soon, if Redis is there."""
        for entry in entries:
            self._put(entry.room, _entry(entry))

    def send_signal(self, room: str, name: str, payload: dict[str, Any]) -> None:
        """Tell the room's members in other processes something that is not logged."""
        self._put(room, signal(self.process, name, payload))

    def follow(self, room: str) -> None:
        self._wanted.add(room)
        self._changed.set()

    def unfollow(self, room: str) -> None:
        self._wanted.discard(room)
        self._changed.set()

    def _put(self, room: str, message: bytes) -> None:
        if not self.url or len(self._outbox) >= MAX_WAITING:
            metrics.BUS_DROPPED.inc()
            return
        self._outbox.append((PREFIX + room, message))
        self._more.set()

    # ---- its tasks ----

    async def run(self) -> None:
        """Publish and listen; ends only by being cancelled."""
        if not self.url:
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish_always())
            group.create_task(self._listen_always())

    async def _publish_always(self) -> None:
        client = connect(self.url)
        try:
            while True:
                await self._more.wait()
                self._more.clear()
                try:
                    await self._flush(client)
                except TROUBLE as error:
                    metrics.BUS_DROPPED.inc(len(self._outbox))
                    self._outbox.clear()  # whoever needed them has looked into the log by the time Redis is back
                    self._say(False, error)
                    await asyncio.sleep(self.retry_seconds)
        finally:
            await client.aclose()

    async def _flush(self, client: redis.Redis) -> None:
        while self._outbox:
            batch = [self._outbox.popleft() for _ in range(min(BATCH, len(self._outbox)))]
            async with asyncio.timeout(PATIENCE), client.pipeline(transaction=False) as pipe:
                for where, message in batch:
                    pipe.publish(where, message)
                await pipe.execute()

    async def _listen_always(self) -> None:
        while not self.ending:
            client = connect(self.url)
            try:
                await self._listen(client)
            except* Exception as errors:
                self._say(False, errors.exceptions[0])
            finally:
                await client.aclose()
            await asyncio.sleep(self.retry_seconds)

    async def _listen(self, client: redis.Redis) -> None:
        async with client.pubsub() as pubsub:
            async with asyncio.timeout(PATIENCE):
                await pubsub.subscribe(self._own)
            self._heard_at = asyncio.get_running_loop().time()
            self._changed.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._receive(pubsub))
                group.create_task(self._keep_subscribed(pubsub))
                group.create_task(self._tick(client))

    @property
    def _own(self) -> str:
        return f"mf:tick:{self.process}"

    async def _receive(self, pubsub: Any) -> None:
        async for message in pubsub.listen():
            self._heard_at = asyncio.get_running_loop().time()
            where = message["channel"].decode()
            if message["type"] == "subscribe" and where.startswith(PREFIX):
                self.on_subscribed([where.removeprefix(PREFIX)])
            elif message["type"] == "message":
                if where == self._own:
                    self._say(True)
                else:
                    self._hear(where.removeprefix(PREFIX), message["data"])

    def _hear(self, room: str, message: bytes) -> None:
        try:
            kind, rest = message.decode().split("\n", 1)
            if kind == "e":
                seq, type, ends, wire = rest.split("\n", 3)
                self.on_entry(Entry(room, int(seq), type, wire, ends or None))
            else:
                origin, name, payload = rest.split("\n", 2)
                if origin != self.process:
                    self.on_signal(room, name, payload)
        except Exception:
            log.exception("a message of the bus could not be taken")

    async def _keep_subscribed(self, pubsub: Any) -> None:
        heard: set[str] = set()
        while True:
            await self._changed.wait()
            self._changed.clear()
            new, old = self._wanted - heard, heard - self._wanted
            heard = set(self._wanted)
            if new:
                await pubsub.subscribe(*map(channel, new))
            if old:
                await pubsub.unsubscribe(*map(channel, old))

    async def _tick(self, client: redis.Redis) -> None:
        """Send ourselves a word each second: a subscription can be deaf while its connection looks well."""
        while True:
            async with asyncio.timeout(PATIENCE):
                await client.publish(self._own, b"")
            await asyncio.sleep(self.tick_seconds)
            if asyncio.get_running_loop().time() - self._heard_at > 2 * self.tick_seconds + PATIENCE:
                raise TimeoutError("nothing is heard from Redis")

    def _say(self, healthy: bool, error: BaseException | None = None) -> None:
        if healthy == self.healthy:
            return
        self.healthy = healthy
        metrics.BUS_UP.set(int(healthy))
        log.log(logging.INFO if healthy else logging.WARNING, "the bus is %s", "up" if healthy else f"down: {error}")
        self.on_health(healthy)
