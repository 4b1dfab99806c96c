"""Who is here and who is typing: never logged, told at most once.

Each process keeps its own sockets' people and writes them to Redis under a lease; people of a process whose lease has
run out are gone. Without Redis everyone sees the people of the process they are on.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from typing import Any

import msgspec

from models.errors import NotFound
from realtime import frames
from realtime.bus import PATIENCE, Bus
from realtime.connection import Connection
from server.core import redis

log = logging.getLogger(__name__)
FLUSH_SECONDS = 0.05
KEPT_SECONDS = 3600
# Of the time in which a crash has to be noticed: how often to look, and how long a process counts as alive after it
# last said so. One look after that is still in time.
TICK, HELD = 0.2, 0.7
People = dict[str, str]


class Presence:
    """The people in the rooms of one process, and in other processes' rooms of the same name."""

    def __init__(self, bus: Bus, lease_seconds: float) -> None:
        self.bus = bus
        self.lease_seconds = lease_seconds
        self._sockets: dict[str, set[Connection]] = {}
        self._local: dict[str, Counter[tuple[str, str]]] = {}
        self._seen: dict[str, People] = {}  # rooms in which somebody asked, and who was there when last told
        self._askers: dict[str, set[Connection]] = {}
        self._away: dict[str, People] = {}  # people on other processes
        self._changed: set[str] = set()
        self._stale: set[str] = set()
        self._woken = asyncio.Event()
        self._written_at = self._ticked_at = 0.0
        self._client: Any = None

    # ---- what connections do ----

    def entered(self, connection: Connection, room: str) -> None:
        """A socket is in a room; its person is here from now on."""
        if room.startswith("member:") or connection in self._sockets.get(room, ()):
            return
        self._sockets.setdefault(room, set()).add(connection)
        people = self._local.setdefault(room, Counter())
        people[_person(connection)] += 1
        if people[_person(connection)] == 1:
            self._note(room)

    def left(self, connection: Connection, room: str) -> None:
        """A socket has gone; its person too, unless they are here with another one."""
        self._forget_asker(connection, room)
        sockets = self._sockets.get(room, set())
        if connection not in sockets:
            return
        sockets.remove(connection)
        people, person = self._local[room], _person(connection)
        people[person] -= 1
        if not people[person]:
            del people[person]
            self._note(room)
        if not sockets:
            del self._sockets[room], self._local[room]

    async def ask(self, connection: Connection, room: str) -> list[dict[str, str]]:
        """Who is in the room; from now on the socket hears who comes and goes. `NotFound`: it is out by then."""
        if room not in self._askers:
            elsewhere = await self._ask_redis(room)
            if not connection.is_in(room):
                raise NotFound
            self._away[room] = elsewhere
            self._tell(room)  # others may have asked meanwhile
        self._askers.setdefault(room, set()).add(connection)
        self._seen[room] = here = self._here(room)
        return [{"id": id, "name": name} for id, name in sorted(here.items(), key=lambda person: person[1])]

    async def people_in(self, room: str) -> set[str]:
        """The ids of everyone in the room, in all processes."""
        elsewhere = self._away[room] if room in self._askers else await self._ask_redis(room)
        return set(elsewhere | _people(self._local.get(room)))

    def _forget_asker(self, connection: Connection, room: str) -> None:
        askers = self._askers.get(room, set())
        askers.discard(connection)
        if not askers:
            for kept in (self._askers, self._seen, self._away):
                kept.pop(room, None)

    def heard(self, room: str) -> None:
        """Another process says that its people in the room have changed."""
        if room in self._askers:
            self._stale.add(room)
            self._woken.set()

    # ---- telling ----

    def _note(self, room: str) -> None:
        self._changed.add(room)
        self._woken.set()
        self._tell(room)

    def _here(self, room: str) -> People:
        return self._away.get(room, {}) | _people(self._local.get(room))

    def _tell(self, room: str) -> None:
        before, after = self._seen.get(room), self._here(room)
        if before is None or before == after:
            return
        self._seen[room] = after
        for id in after.keys() - before.keys():
            self._emit(room, "presence.joined", id, after[id])
        for id in before.keys() - after.keys():
            self._emit(room, "presence.left", id, before[id])

    def _emit(self, room: str, name: str, id: str, who: str) -> None:
        frame = frames.event(name, frames.Json.dumps({"room": room, "id": id, "name": who}))
        for connection in self._askers.get(room, ()):
            connection.send(frame)

    # ---- Redis ----

    async def run(self) -> None:
        """Keep the lease, write our people, read the others'; ends only by being cancelled."""
        if not self.bus.url:
            return
        self._client = redis.client(self.bus.url)
        try:
            while True:
                await self._until_due()
                try:
                    async with asyncio.timeout(PATIENCE):
                        await self._exchange(self._client)
                except redis.TROUBLE:
                    self._changed.update(self._local)
                    await asyncio.sleep(self.bus.retry_seconds)
        finally:
            await self._client.aclose()
            self._client = None

    async def _until_due(self) -> None:
        """Until somebody came or went, or the next tick."""
        loop = asyncio.get_running_loop()
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._ticked_at + self.lease_seconds * TICK):
                await self._woken.wait()
        await asyncio.sleep(FLUSH_SECONDS)
        self._woken.clear()
        if loop.time() >= self._ticked_at + self.lease_seconds * TICK:
            self._ticked_at = loop.time()
            self._stale.update(self._askers)  # a process that died tells nobody

    async def _exchange(self, client: Any) -> None:
        at = asyncio.get_running_loop().time()
        if at - self._written_at > KEPT_SECONDS / 4:
            self._written_at = at
            self._changed.update(self._local)
        changed, self._changed = self._changed, set()
        try:
            known = await self._write_all(client, changed)
        except BaseException:
            self._changed |= changed  # also the rooms that nobody is left in, which nothing else remembers
            raise
        for room in changed:
            self.bus.send_signal(room, "presence", {})
        if not known:  # Redis has forgotten us: tell it everything again
            self._changed.update(self._local)
        stale, self._stale = self._stale, set()
        await self._read(client, [room for room in stale if room in self._askers])

    async def _write_all(self, client: Any, rooms: set[str]) -> bool:
        """Renew the lease and write who is in these rooms; False when Redis did not know of us."""
        lease = _lease(self.bus.process)
        async with client.pipeline(transaction=False) as pipe:
            pipe.exists(lease)
            pipe.set(lease, b"", px=int(self.lease_seconds * HELD * 1000))
            for room in rooms:
                self._write(pipe, room)
            [known, *_] = await pipe.execute()
        return bool(known)

    def _write(self, pipe: Any, room: str) -> None:
        key = _key(room)
        if people := self._local.get(room):
            pipe.hset(key, self.bus.process, msgspec.json.encode(_people(people)))
            pipe.expire(key, KEPT_SECONDS)
        else:
            pipe.hdel(key, self.bus.process)

    async def _read(self, client: Any, rooms: list[str]) -> None:
        for room in rooms:
            people = await _people_elsewhere(client, room, self.bus.process)
            if room in self._askers:
                self._away[room] = people
                self._tell(room)

    async def _ask_redis(self, room: str) -> People:
        if not self.bus.healthy or self._client is None:
            return {}
        try:
            async with asyncio.timeout(PATIENCE):
                return await _people_elsewhere(self._client, room, self.bus.process)
        except redis.TROUBLE:
            log.warning("presence on other processes cannot be read")
            return {}


async def _people_elsewhere(client: Any, room: str, here: str) -> People:
    """The people of the other processes that still hold their lease; what a dead one wrote is removed."""
    people: People = {}
    for name, text in (await client.hgetall(_key(room))).items():
        process = name.decode()
        if process == here:
            continue
        if await client.exists(_lease(process)):
            people |= msgspec.json.decode(text)
        else:
            await client.hdel(_key(room), process)
    return people


def _person(connection: Connection) -> tuple[str, str]:
    return str(connection.actor.id), connection.actor.name


def _people(counted: Counter[tuple[str, str]] | None) -> People:
    return dict(list(counted or ()))


def _lease(process: str) -> str:
    return f"mf:process:{process}"


def _key(room: str) -> str:
    return f"mf:presence:{room}"
