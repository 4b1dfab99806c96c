"""Hints between processes over Redis: one channel per room, heard only where the room has members, and told only then.

Nothing depends on a hint's arrival. Redis may be away from the start, die or stand still: the follower looks more often
then, and this keeps trying at an even pace. What is told in one turn of the loop goes out in one write at its end.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from realtime import interest, metrics
from realtime.frames import Json
from realtime.interest import Interest
from realtime.link import Net
from server.core.announce import Entry
from server.core.redis import TROUBLE

PREFIX = "mf:room:"
COMMITS = "mf:commits"
MAX_WAITING = 10_000
COMMITS_SECONDS = 0.02  # whoever follows all commits is told of many at once
PATIENCE = 2.0  # for one answer of Redis
log = logging.getLogger(__name__)


def channel(room: str) -> str:
    return PREFIX + room


def signal(origin: str, name: str, payload: Any) -> str:
    """The message of something that is not logged (typing, progress), for `PUBLISH channel(room)`."""
    return f"{origin}\ns\n{name}\n{Json.dumps(payload)}"


class Bus:
    """One process's end of the bus. Nothing here waits or raises where a commit or a delivery is at work."""

    def __init__(self, url: str, *, retry_seconds: float, tick_seconds: float) -> None:
        self.url = url
        self.process = uuid4().hex
        self.retry_seconds = retry_seconds
        self.tick_seconds = tick_seconds
        self.healthy = False
        self.on_entry: Callable[[Entry], None] = lambda entry: None
        self.on_signal: Callable[[str, str, str], None] = lambda room, name, payload: None
        self.on_subscribed: Callable[[list[str]], None] = lambda rooms: None
        self.on_health: Callable[[bool], None] = lambda healthy: None
        self.on_commits: Callable[[], None] = lambda: None
        self.interest = Interest(self.process)
        self._mine = f"{self.process}\n".encode()
        self._net: Net | None = None
        self._wanted: set[str] = {interest.CHANNEL}
        self._changed: dict[str, bool] = {}
        self._outbox: list[tuple[str, str]] = []
        self._committing: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Handle | None = None

    # ---- what others call; none of it waits ----

    def publish(self, entries: Iterable[Entry]) -> None:
        """Tell the other processes of a commit, if Redis is there."""
        for entry in entries:
            where = channel(entry.room)
            if self.interest.is_heard(where):
                self._publish(where, entry)
            else:
                self.interest.keep(where, entry)
        if self._committing is None and self.interest.is_heard(COMMITS):
            self._committing = asyncio.get_running_loop().call_later(COMMITS_SECONDS, self._tell_commits)

    def send_signal(self, room: str, name: str, payload: Any) -> None:
        """Tell the room's members in other processes something that is not logged."""
        if self.interest.is_heard(where := channel(room)):
            self._put(where, signal(self.process, name, payload))

    def follow(self, room: str) -> None:
        self._want(channel(room), True)

    def unfollow(self, room: str) -> None:
        self._want(channel(room), False)

    def follow_commits(self, on_commits: Callable[[], None]) -> None:
        """Call `on_commits` when any process has committed events, in whatever room."""
        self.on_commits = on_commits
        self._want(COMMITS, True)

    def _publish(self, where: str, entry: Entry) -> None:
        head = f"{self.process}\ne\n{entry.epoch}\n{entry.seq}\n{entry.type}\n"
        self._put(where, f"{head}{entry.ends or ''}\n{entry.wire}")

    def _tell_commits(self) -> None:
        self._committing = None
        self._put(COMMITS, "")

    def _want(self, where: str, wanted: bool) -> None:
        (self._wanted.add if wanted else self._wanted.discard)(where)
        if self._net is not None:
            self._changed[where] = wanted
            self._flush_soon()

    def _put(self, where: str, message: str) -> None:
        if not self.url or len(self._outbox) >= MAX_WAITING:
            metrics.BUS_DROPPED.inc()
            return
        self._outbox.append((where, message))
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._flushing is None and self._net is not None:
            self._flushing = asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = None
        if self._net is None:
            return  # what waits goes out with the next one, unless Redis turns out to be away
        outbox, self._outbox = self._outbox, []
        changed, self._changed = self._changed, {}
        outbox += [(interest.CHANNEL, said) for said in self.interest.change(changed)]
        if dropped := self._net.send(changed, outbox):
            metrics.BUS_DROPPED.inc(dropped)

    # ---- its task ----

    async def run(self) -> None:
        """Keep a net. After a loss the next try is at once, then at an even pace; ends only by being cancelled."""
        loop = asyncio.get_running_loop()
        while self.url:
            began = loop.time()
            net = Net(self.process, self._hear, self._subscribed, lambda: self._say(True))
            try:
                await self._connect(net)
                await self._stay(net)
            except TROUBLE as error:
                self._say(False, error)
            except Exception as error:
                log.exception("the bus failed and goes on")
                self._say(False, error)
            finally:
                self._net = None
                await net.close()
            await asyncio.sleep(began + self.retry_seconds - loop.time())

    async def _connect(self, net: Net) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await net.connect(self.url)
        except TROUBLE:
            metrics.BUS_DROPPED.inc(len(self._outbox))
            self._outbox.clear()  # whoever needed them has looked into the log by the time Redis is back
            raise

    async def _stay(self, net: Net) -> None:
        """Hear and tell until the net is lost."""
        self._net = net
        self._outbox = [said for said in self._outbox if said[0] != interest.CHANNEL]  # said anew, all of it
        net.send(dict.fromkeys(self._wanted, True), [(interest.CHANNEL, self.interest.come(self._wanted))])
        self._changed = {}
        self._flush()
        while not net.lost.done():
            net.beat()
            self._put(interest.CHANNEL, self.interest.beat())
            await asyncio.wait([net.lost], timeout=self.tick_seconds)
        net.lost.result()

    # ---- what it hears ----

    def _subscribed(self, channels: list[str]) -> None:
        self.on_subscribed([where.removeprefix(PREFIX) for where in channels if where.startswith(PREFIX)])

    def _hear(self, where: bytes, message: bytes) -> None:
        if message.startswith(self._mine):
            return
        try:
            if where == COMMITS.encode():
                self.on_commits()
            elif where == interest.CHANNEL.encode():
                self._learn(message.decode())
            else:
                self._take(where.decode().removeprefix(PREFIX), message.decode())
        except Exception:
            log.exception("a message of the bus could not be taken")

    def _learn(self, message: str) -> None:
        answers, untold = self.interest.hear(message)
        for answer in answers:
            self._put(interest.CHANNEL, answer)
        for where, entry in untold:
            self._publish(where, entry)

    def _take(self, room: str, message: str) -> None:
        _, kind, rest = message.split("\n", 2)
        if kind == "e":
            epoch, seq, type, ends, wire = rest.split("\n", 4)
            self.on_entry(Entry(room, int(seq), type, wire, ends or None, epoch))
        else:
            name, payload = rest.split("\n", 1)
            self.on_signal(room, name, payload)

    def _say(self, healthy: bool, error: BaseException | None = None) -> None:
        if healthy == self.healthy:
            return
        self.healthy = healthy
        metrics.BUS_UP.set(int(healthy))
        log.log(logging.INFO if healthy else logging.WARNING, "the bus is %s", "up" if healthy else f"down: {error}")
        self.on_health(healthy)
