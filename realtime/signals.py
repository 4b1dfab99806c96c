"""Typing and cursors: never logged, told at most once, the latest of each person in a frame per room and 50 ms.

The first one goes out at once; what follows within 50 ms waits, and only each person's last word is sent. Processes
tell each other the same way, so a room costs its members one write in that time, however many people move in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec

from realtime import frames
from realtime.bus import Bus
from realtime.connection import Connection
from realtime.frames import Frame, Json

EVERY_SECONDS = 0.05
NAME = "signals"


class Said(NamedTuple):
    """What a person said last: as a packet, as JSON text, and by which socket of this process."""

    frame: Frame
    payload: str
    by: Connection | None


class Heard(msgspec.Struct, array_like=True):
    """The same on its way from another process."""

    name: str
    person: str
    payload: msgspec.Raw


_decode = msgspec.json.Decoder(list[Heard]).decode


class Signals:
    """What is said in the rooms of this process."""

    def __init__(self, bus: Bus, listeners: Callable[[str], Iterable[Connection]]) -> None:
        self.bus = bus
        self.listeners = listeners
        # A room is in here for 50 ms after each frame: with what waits for the next one, by signal and person.
        self._waiting: dict[str, dict[tuple[str, str], Said]] = {}

    def say(self, connection: Connection, room: str, name: str, what: dict[str, Any]) -> None:
        """Tell everyone else in the room, in all processes, on behalf of the connection's person."""
        person = str(connection.actor.id)
        payload = Json.dumps({"room": room, **what, "id": person, "name": connection.actor.name})
        self._put(room, name, person, Said(frames.event(name, payload), payload, connection))

    def heard(self, room: str, text: str) -> None:
        """Take what another process's people say."""
        for name, person, raw in map(msgspec.structs.astuple, _decode(text)):
            payload = bytes(raw).decode()
            self._put(room, name, person, Said(frames.event(name, payload), payload, None))

    def _put(self, room: str, name: str, person: str, said: Said) -> None:
        is_first = room not in self._waiting
        self._waiting.setdefault(room, {})[name, person] = said
        if is_first:
            asyncio.get_running_loop().call_soon(self._flush, room)

    def _flush(self, room: str) -> None:
        waiting = self._waiting.pop(room)
        if not waiting:
            return
        self._waiting[room] = {}
        asyncio.get_running_loop().call_later(EVERY_SECONDS, self._flush, room)
        self._tell(room, list(waiting.values()))
        ours = [[name, person, msgspec.Raw(s.payload.encode())] for (name, person), s in waiting.items() if s.by]
        if ours:
            self.bus.send_signal(room, NAME, ours)

    def _tell(self, room: str, said: list[Said]) -> None:
        frame, speaking = frames.joined([s.frame for s in said]), {s.by for s in said}
        for connection in self.listeners(room):
            if connection not in speaking:
                connection.offer(frame)
            elif others := [s.frame for s in said if s.by is not connection]:
                connection.offer(frames.joined(others))
