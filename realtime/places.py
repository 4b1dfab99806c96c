"""Who is in which room: the room as one process knows it, and a connection's place in it."""

from __future__ import annotations

import logging

from realtime import frames
from realtime.connection import Connection
from realtime.delivery import Batch
from server.core.announce import Entry

log = logging.getLogger(__name__)


class Membership:
    """A connection's place in a room: it has been sent everything up to `after` of the log that `epoch` names.

    It is settled, and has an epoch, when its replay has been read; what takes the right away before that is `ended_at`.
    While `held` is a list, entries wait in it: the answer that says where the room stands has to go out first.
    A silent one is sent nothing; it only lets what a fact takes away reach its connection.
    """

    __slots__ = ("after", "connection", "ended_at", "epoch", "held", "room", "shortcut", "silent")

    def __init__(self, connection: Connection, room: Room, *, silent: bool = False) -> None:
        self.connection = connection
        self.shortcut = connection.shortcut
        self.room = room
        self.silent = silent
        self.after = 0
        self.epoch = ""
        self.ended_at = 0
        self.held: list[Batch] | None = []

    def take(self, batch: Batch, alone: bool = False) -> None:
        """Get what is new in the batch; a second time there is nothing new in it.

        A client that could not be given something gets nothing later in its stead: the log serves it.
        """
        try:
            if self.held is not None:
                self.held.append(batch)
            elif self.silent:
                return
            elif self.after == batch.before:
                if self.connection.offer(batch.frame, alone):
                    self.after = batch.last
            elif self.after < batch.before:
                self.connection.fall_behind()
            elif self.after < batch.last:
                self._take_rest(batch)
        except Exception:
            log.exception("a delivery failed")
            self.connection.fall_behind()

    def _take_rest(self, batch: Batch) -> None:
        for entry in batch.entries:
            if entry.seq > self.after and self.connection.offer(frames.event(entry.type, entry.text)):
                self.after = entry.seq

    @property
    def is_behind(self) -> bool:
        """Whether live entries have gone by that the client was not sent."""
        return not self.silent and self.after < (self.room.cursor or 0)

    def hold(self) -> None:
        """Keep what comes from now on until `release`."""
        if self.held is None:
            self.held = []

    def release(self) -> None:
        """Send what had to wait, and go on live."""
        held, self.held = self.held or [], None
        for batch in held:
            self.take(batch)


class Room:
    """A room with local members. `cursor` is the last entry given to them; None until the first has read the log.

    `last` is that entry's fact, as far as it is known. What lies below `skipped` was not given to all.
    """

    __slots__ = ("cursor", "early", "epoch", "last", "members", "name", "skipped")

    def __init__(self, name: str) -> None:
        self.name = name
        self.epoch = ""
        self.cursor: int | None = None
        self.last = ""
        self.skipped = 0
        self.early: dict[int, Entry] = {}
        self.members: dict[Connection, Membership] = {}
