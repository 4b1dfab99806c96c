"""Connections of the bus: commands go out in one write, answers and messages are taken as they come, nothing waits.

A link is a RESP3 connection, on which commands and messages go together. A net is all the links that the bus needs:
one to a server or to its Sentinels' master, one to each primary of a cluster, whose channels are sharded (Redis 7 and
Valkey; of an older cluster any one node passes on everything). A net that loses a link, or whose cluster has moved a
slot, is lost as a whole; the bus then makes a new one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import hiredis
from redis.asyncio import RedisCluster
from redis.crc import key_slot
from redis.exceptions import RedisError, ResponseError

from server.core import redis
from server.core.line import Line

MAX_UNSENT = 4 * 1024 * 1024  # bytes that a server has not taken: what comes on top is dropped
Heard = Callable[[bytes, bytes], None]  # a channel and a message
Subscribed = Callable[[list[str]], None]


class Link(Line):
    """One line of the net."""

    def __init__(self, net: Net, connection: Any) -> None:
        super().__init__(connection)
        self.net = net
        self.unheard = 0  # ticks that have not come back
        self.tick = ""
        self._subscribed: list[str] = []

    @property
    def is_stuck(self) -> bool:
        return self.unsent > MAX_UNSENT

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._subscribed:
            subscribed, self._subscribed = self._subscribed, []
            self.net.on_subscribed(subscribed)

    def take(self, reply: Any) -> None:
        if isinstance(reply, hiredis.PushNotification):
            self.net.take(self, reply, self._subscribed)
        elif isinstance(reply, hiredis.ReplyError):  # a slot has moved, a server that refuses us
            self.lose(ResponseError(str(reply)))

    def lose(self, error: Exception) -> None:
        self.net.lose(error)


class Net:
    """The links of the bus, from one loss to the next."""

    def __init__(self, process: str, on_heard: Heard, on_subscribed: Subscribed, on_up: Callable[[], None]) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_heard, self.on_subscribed, self.on_up = on_heard, on_subscribed, on_up
        self.links: list[Link] = []
        self._process = process
        self._shard = ""  # before the verbs where channels are sharded
        self._link_of: Callable[[str], Link] = lambda channel: self.links[0]
        self._leaving: Counter[str] = Counter()
        self._ticked: set[Link] = set()

    async def connect(self, url: str) -> None:
        """Raises what redis-py raises, or `OSError`."""
        client = redis.client(url)
        try:
            if isinstance(client, RedisCluster):
                await self._connect_cluster(client)
            else:
                await self._connect(client.connection_pool.make_connection())
            for link in self.links:
                link.put("SSUBSCRIBE" if self._shard else "SUBSCRIBE", link.tick)
        finally:
            await client.aclose()

    async def _connect(self, connection: Any) -> Link:
        link = Link(self, connection)
        self.links.append(link)
        link.tick = self._tick_of(0)
        await link.connect()
        return link

    async def _connect_cluster(self, client: RedisCluster) -> None:
        await client.initialize()
        nodes = client.get_primaries()
        [known] = await client.execute_command("COMMAND INFO", "SSUBSCRIBE", target_nodes=nodes[0])
        if known is None:
            nodes = nodes[:1]
        links = {node.name: await self._connect(node.connection_class(**node.connection_kwargs)) for node in nodes}
        if known is None:
            return
        self._shard = "S"
        slots = {slot: links[owners[0].name] for slot, owners in client.nodes_manager.slots_cache.items()}
        self._link_of = lru_cache(maxsize=10_000)(lambda channel: slots[key_slot(channel.encode())])
        for link in self.links:  # a channel in one of its own slots
            link.tick = next(tick for tick in map(self._tick_of, range(1 << 20)) if self._link_of(tick) is link)

    def _tick_of(self, number: int) -> str:
        return f"mf:tick:{self._process}:{number}"

    async def close(self) -> None:
        if not self.lost.cancel() and not self.lost.cancelled():
            self.lost.exception()  # taken note of
        for link in self.links:
            await link.close()

    # ---- what the bus sends ----

    def send(self, changed: dict[str, bool], messages: Iterable[tuple[str, str]]) -> int:
        """Subscribe or unsubscribe channels, then publish, in one write per link; gives how many were dropped."""
        for channel, wanted in changed.items():
            if not wanted:
                self._leaving[channel] += 1
            self._link_of(channel).put(f"{self._shard}{'' if wanted else 'UN'}SUBSCRIBE", channel)
        dropped = 0
        publish = f"{self._shard}PUBLISH"
        stuck = {link for link in self.links if link.is_stuck}
        for channel, message in messages:
            link = self._link_of(channel)
            if link in stuck:
                dropped += 1
            else:
                link.put(publish, channel, message)
        for link in self.links:
            link.flush()
        return dropped

    def beat(self) -> None:
        """Send ourselves a word on each link: a subscription can be deaf while its connection looks well."""
        for link in self.links:
            if link.unheard >= 2:
                self.lose(TimeoutError("nothing is heard from Redis"))
            link.unheard += 1
            link.put(f"{self._shard}PUBLISH", link.tick, b"")
            link.flush()

    # ---- what it hears ----

    def take(self, link: Link, push: list[Any], subscribed: list[str]) -> None:
        kind: str = push[0].decode().removeprefix("s" if self._shard else "")
        if kind == "message":
            if push[1] == link.tick.encode():
                self._heard_tick(link)
            else:
                self.on_heard(push[1], push[2])
        elif kind == "subscribe" and push[1] != link.tick.encode():
            subscribed.append(push[1].decode())
        elif kind == "unsubscribe":
            self._left(push[1].decode())

    def _heard_tick(self, link: Link) -> None:
        link.unheard = 0
        self._ticked.add(link)
        if len(self._ticked) == len(self.links):
            self.on_up()

    def _left(self, channel: str) -> None:
        if not self._leaving[channel]:
            self.lose(RedisError(f"{channel} has moved to another node"))
        self._leaving[channel] -= 1
        if not self._leaving[channel]:
            del self._leaving[channel]

    def lose(self, error: Exception) -> None:
        """The net is of no use any more."""
        if not self.lost.done():
            self.lost.set_exception(error)
