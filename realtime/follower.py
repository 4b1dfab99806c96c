"""Each process follows the log of the rooms its sockets are in: by what is pushed to it, and by looking.

A pushed entry goes out only when it is the room's next; whatever is missing is read from the log. So a push may be
lost, doubled or late and no client can tell.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

import asyncpg

from models.errors import AppError
from realtime import metrics
from realtime.connection import Connection
from realtime.delivery import Delivery
from realtime.history import Forked, entries_of, heads_of, move
from realtime.places import Membership, Room
from server.config import settings
from server.core.announce import Entry
from server.core.epochs import begin_anew
from server.core.log import Head, Replay
from server.core.system import system_unit

GAP_SECONDS = 0.02  # commits of one room may be told out of order: the missing one is mostly on its way
MAX_EARLY = 256
log = logging.getLogger(__name__)


class Follower:
    """The rooms of one process."""

    def __init__(self, delivery: Delivery, poll_seconds: float, degraded_seconds: float) -> None:
        self.delivery = delivery
        self.rooms: dict[str, Room] = {}
        self.poll_seconds = poll_seconds
        self.degraded_seconds = degraded_seconds
        self.healthy: Callable[[], bool] = lambda: True
        self.on_ends: Callable[[Room, Entry], None] = lambda room, entry: None
        self.on_reset: Callable[[Room, list[Membership], str], None] = lambda room, gone, code: None
        self.on_open: Callable[[str], None] = lambda room: None
        self.on_empty: Callable[[str], None] = lambda room: None
        self._woken = asyncio.Event()
        self._wanted: set[str] = set()
        self._gap: asyncio.TimerHandle | None = None
        self._looked_at = 0.0

    # ---- members ----

    def hold(self, connection: Connection, name: str) -> Membership:
        """A new place in the room whose entries wait; it replaces the connection's earlier one."""
        room = self.rooms.get(name)
        if room is None:
            room = self.rooms[name] = Room(name)
            metrics.ROOMS.set(len(self.rooms))
        if (earlier := connection.rooms.get(name)) is not None:
            earlier.silent = True
        membership = Membership(connection, room)
        room.members[connection] = connection.rooms[name] = membership
        return membership

    def settle(self, membership: Membership, replay: Replay) -> bool:
        """Go on after this replay; False when the right was taken away since its snapshot.

        Between this and the answer to the client nothing may be awaited.
        """
        room = membership.room
        if room.members.get(membership.connection) is not membership or membership.ended_at > replay.seq:
            return False
        membership.after, membership.epoch = replay.seq, replay.epoch
        if room.cursor is None:
            room.cursor, room.epoch = replay.seq, replay.epoch
            room.skipped = replay.seq  # who began to read before may have read less
            self.on_open(room.name)
            self._deliver_early(room)
        elif room.epoch != replay.epoch:
            self._doubt(room, membership)
        elif replay.seq < room.skipped:
            room.cursor, room.last = replay.seq, ""  # who has what follows does not get it twice
            self.look(room.name)
        elif room.cursor < replay.seq:
            self.look(room.name)
        return True

    def _doubt(self, room: Room, newest: Membership) -> None:
        """Give nothing more until the log has said which of them follows one that was replaced."""
        room.epoch, newest.held = "", []
        self.delivery.drop(room)
        self.look(room.name)

    def drop(self, membership: Membership) -> None:
        """Leave the room; the last one to leave ends the following of it."""
        room, connection = membership.room, membership.connection
        membership.silent = True
        if connection.rooms.get(room.name) is membership:
            del connection.rooms[room.name]
        if room.members.get(connection) is membership:
            del room.members[connection]
            if not room.members and self.rooms.get(room.name) is room:
                del self.rooms[room.name]
                metrics.ROOMS.set(len(self.rooms))
                self.on_empty(room.name)

    # ---- what is pushed ----

    def feed(self, entries: Iterable[Entry]) -> None:
        """Take what was just committed, by this process or another; in any order, any number of times."""
        for entry in entries:
            room = self.rooms.get(entry.room)
            if room is not None:
                self._accept(room, entry)

    def _accept(self, room: Room, entry: Entry) -> None:
        if room.cursor is None or entry.seq > room.cursor + 1:
            if len(room.early) < MAX_EARLY:
                room.early[entry.seq] = entry
            if room.cursor is not None:
                self.look(room.name, after=GAP_SECONDS)
        elif entry.epoch != room.epoch:
            self.look(room.name)
        elif entry.seq == room.cursor + 1:
            self._deliver(room, entry)
            self._deliver_early(room)

    def _deliver_early(self, room: Room) -> None:
        while room.early and room.cursor is not None:
            entry = room.early.pop(room.cursor + 1, None)
            if entry is None or entry.epoch != room.epoch:
                room.early = {seq: e for seq, e in room.early.items() if seq > room.cursor}
                if room.early:
                    self.look(room.name, after=GAP_SECONDS)
                return
            self._deliver(room, entry)

    def _deliver(self, room: Room, entry: Entry) -> None:
        room.cursor, room.last = entry.seq, entry.id
        if entry.ends:
            self.on_ends(room, entry)
        self.delivery.add(room, entry)

    # ---- looking ----

    def look(self, *names: str, after: float = 0.0) -> None:
        """Read these rooms' log soon."""
        self._wanted.update(names)
        if not after:
            self._woken.set()
        elif self._gap is None:
            self._gap = asyncio.get_running_loop().call_later(after, self._look_for_gap)

    def _look_for_gap(self) -> None:
        self._gap = None
        self._woken.set()

    async def run(self) -> None:
        """Look when told to, and at all rooms each poll; ends only by being cancelled."""
        while True:
            await self._until_due()
            try:
                await self._look()
            except (AppError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("the log cannot be read: %s", error)
                await asyncio.sleep(0.2)
            except Exception:
                log.exception("the follower failed and goes on")
                await asyncio.sleep(0.2)

    async def _until_due(self) -> None:
        wait = self.poll_seconds if self.healthy() else self.degraded_seconds
        left = self._looked_at + wait - asyncio.get_running_loop().time()
        if left > 0 and not self._woken.is_set():
            try:
                async with asyncio.timeout(left):
                    await self._woken.wait()
            except TimeoutError:
                pass
        self._woken.clear()

    async def _look(self) -> None:
        at = asyncio.get_running_loop().time()
        wait = self.poll_seconds if self.healthy() else self.degraded_seconds
        everything = at - self._looked_at >= wait
        names = set(self.rooms) if everything else self._wanted & set(self.rooms)
        self._wanted = set()
        if everything:
            self._looked_at = at
        known = [room for name in names if (room := self.rooms[name]).cursor is not None]
        if not known:
            return
        try:
            await self._catch_up(known)
        except Forked as found:
            self._wanted.update(names)
            log.error("%s was restored: all rooms begin a new log", found)
            await begin_anew(settings().database_url, found.proof)
            self.look()
        except BaseException:
            self._wanted.update(names)
            raise

    async def _catch_up(self, rooms: list[Room]) -> None:
        asked = {room.name: room.epoch for room in rooms}
        async with system_unit(read_only=True, snapshot=True):
            found = await heads_of(rooms)
            same = [room for room in rooms if room.epoch == asked[room.name]]  # the others are looked at again
            behind = [room for room in same if self._behind(room, found.get(room.name))]
            metrics.LOG_LAG.set(max((found[r.name].seq - (r.cursor or 0) for r in behind), default=0))
            if not behind:
                return
            entries = await entries_of(behind)
        metrics.PULLED.inc(len(entries))
        self.feed(entries)
        for room in behind:
            if room.cursor is not None and room.cursor < found[room.name].seq:
                self.look(room.name)

    def _behind(self, room: Room, head: Head | None) -> bool:
        """Whether the log has more than the room's members; those whom it cannot bring there are reset."""
        if head is None or head.epoch != room.epoch:
            self._reset(room, head, "log_replaced")
        elif head.floor > (room.cursor or 0):
            self._reset(room, head, "log_trimmed")
        return head is not None and head.seq > (room.cursor or 0)

    def _reset(self, room: Room, head: Head | None, code: str) -> None:
        """Go on in another log, or further up in this one, with those members who are there already."""
        metrics.RESETS.inc()
        self.delivery.drop(room)
        self.on_reset(room, move(room, head or Head(room.name, "", 0, 0)), code)
