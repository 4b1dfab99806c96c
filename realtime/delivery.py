"""Events on their way from the follower to the members of their rooms: in order, a piece per turn of the loop.

What comes in one turn goes out in one write per connection; a large room takes several turns, and what came later waits
behind it, so that every connection gets everything in the order in which it was decided on, across rooms too.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from realtime import frames, metrics
from realtime.frames import Frame
from server.core.announce import Entry

if TYPE_CHECKING:
    from realtime.connection import Connection
    from realtime.places import Membership, Room

PER_TURN = 250  # deliveries: one or two milliseconds
AT_ONCE = 50  # of them before the answer of the request that caused them
JOINED = 64 * 1024


class Batch:
    """Consecutive entries of one room, for all who are its members when the first of them is sent."""

    __slots__ = ("before", "entries", "given", "last", "members", "room", "size", "whole")

    def __init__(self, room: Room, entry: Entry) -> None:
        self.room = room
        self.entries = [entry]
        self.size = len(entry.wire)
        self.before, self.last = entry.seq - 1, entry.seq
        self.members: list[Membership] | None = None
        self.given = 0
        self.whole: Frame | None = None

    @property
    def frame(self) -> Frame:
        """All of them as one, made once."""
        if self.whole is None:
            self.whole = frames.joined([frames.event(entry.type, entry.text) for entry in self.entries])
        return self.whole

    def takes(self, room: Room, entry: Entry) -> bool:
        """Add the next entry, unless the batch is another room's, has begun to go out or is full."""
        begun = self.whole is not None or self.members is not None
        if self.room is not room or begun or self.size > JOINED or entry.seq != self.last + 1:
            return False
        self.entries.append(entry)
        self.last = entry.seq
        self.size += len(entry.wire)
        return True

    def give(self, at_most: int, *, alone: bool) -> int:
        """Give it to the next members; tells to how many. `alone`: nothing else is to be sent in this turn."""
        if self.members is None:
            self.members = list(self.room.members.values())
            metrics.DELIVERIES.inc(len(self.members) * len(self.entries))
        some = self.members[self.given : self.given + at_most]
        self.given += len(some)
        if alone:
            self._give_straight(some)
        else:
            for membership in some:
                membership.take(self)
        return len(some)

    def _give_straight(self, some: list[Membership]) -> None:
        """Write it at once to whoever has all that came before and nothing waiting, which is nearly everybody.

        Between two events a member's memory has left the caches: what this loop costs is how much of it it touches.
        """
        wire, before, last = self.frame.wire, self.before, self.last
        for membership in some:
            try:
                transport = membership.shortcut.transport
                if (
                    transport is not None
                    and membership.after == before
                    and membership.held is None
                    and not membership.silent
                    and not transport.get_write_buffer_size()
                ):
                    transport.write(wire)
                    membership.after = last
                    continue
            except Exception:  # it has just been closed; whatever else it is, the longer way meets it too and says so
                membership.shortcut.transport = None
            membership.take(self, alone=True)

    @property
    def is_given(self) -> bool:
        return self.members is not None and self.given >= len(self.members)


class Delivery:
    """The one queue of a process."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self.flush = flush
        self._queue: deque[Batch] = deque()
        self._next: asyncio.Handle | None = None  # the turn that is to come
        self._hurried = False

    def add(self, room: Room, entry: Entry) -> None:
        """Send the room's next entry to its members, behind all that was added before."""
        if self._queue and self._queue[-1].takes(room, entry):
            return
        self._queue.append(Batch(room, entry))
        self._turn_soon()

    def hurry(self) -> None:
        """Send the first of it now: whoever committed it has an answer to write before the next turn.

        Once in a turn, so that many commits are still joined.
        """
        if not self._hurried and self._next is not None:
            self._hurried = True
            self._give_some(AT_ONCE)
            self.flush()

    def settle(self, connection: Connection) -> None:
        """Send the connection now what it is to get of all that was added: something else is to follow."""
        for batch in self._queue:
            membership = batch.room.members.get(connection)
            if membership is not None:
                membership.take(batch)

    def drop(self, room: Room) -> None:
        """Forget what is on its way in a room, whose log is no longer the one it came from."""
        kept = [batch for batch in self._queue if batch.room is not room]
        self._queue.clear()
        self._queue.extend(kept)

    def _turn_soon(self) -> None:
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._next, self._hurried = None, False
        try:
            self._give_some(PER_TURN)
            self.flush()
        finally:  # whatever failed, the rest is not to wait for ever
            if self._queue:
                self._turn_soon()

    def _give_some(self, left: int) -> None:
        while self._queue and left > 0:
            left -= self._queue[0].give(left, alone=len(self._queue) == 1)
            if self._queue[0].is_given:
                self._queue.popleft()
