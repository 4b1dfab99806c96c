"""What was just committed, told to whoever in this process carries it on: the room follower, the bus."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from server.core import unit


@dataclass(slots=True)
class Entry:
    """A fact as one room sees it. `wire` is the payload's JSON text without its opening brace and seq.

    `ends`, for the few facts that take a right away, is the JSON of the `Ending`s of this room. `epoch` names the log
    that `seq` counts in: after a restore it is another one.
    """

    room: str
    seq: int
    type: str
    wire: str
    ends: str | None = None
    epoch: str = ""

    @property
    def text(self) -> str:
        """The payload as it goes over the wire, live or replayed."""
        return f'{{"seq":{self.seq},{self.wire}'

    @property
    def id(self) -> str:
        """The fact's id, with which every wire text begins."""
        return self.wire[6:42]


Listener = Callable[[list[Entry]], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> Callable[[], None]:
    """Call `listener` with the entries of each commit of this process. Gives the function that ends it."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def announce(entries: list[Entry]) -> None:
    """A hint, not a promise: whoever misses it finds the entries in the log."""
    for listener in _listeners:
        try:
            listener(entries)
        except Exception:
            logging.getLogger(__name__).exception("a listener of the log failed")


unit.hooks.announce = announce
