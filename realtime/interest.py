"""Who in other processes listens to which channel: what nobody there hears is not told over the bus.

Each process says what it listens to, on one channel that all hear: everything when it comes to a new net, and whenever
it is asked; what changes, with the change; and with each beat, how many changes there have been, so that whoever missed
one asks again. As long as a process cannot know yet, it tells everything. What is not told is kept for a moment, and
told when somebody begins to listen: their look into the log may have been just before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic

from server.core.announce import Entry

CHANNEL = "mf:interest"
SECONDS_TO_KNOW = 2.0  # for the others to answer who they are
SECONDS_TO_FORGET = 30.0  # a process that says nothing for so long is no more
MOST_KEPT = 10_000


@dataclass(slots=True)
class Other:
    """Another process: how many changes it has told, what it listens to, whether it was asked since its last beat."""

    changes: int = -1
    was_asked: bool = False
    channels: set[str] = field(default_factory=set)
    heard_at: float = 0.0


class Interest:
    """What one process knows of the others, and what it says of itself: messages of four lines, all but the last short.

    `process`, a word, the count of its changes, channels. The words: `all`, `all?` (asks the others for theirs, too),
    `more`, `less`, `beat`, and `ask`, with the name of a process instead of channels: that one says `all`.
    """

    def __init__(self, process: str) -> None:
        self.process = process
        self._ours: set[str] = set()
        self._changes = 0
        self._others: dict[str, Other] = {}
        self._listened: Counter[str] = Counter()  # by how many others
        self._knows_at = float("inf")
        self._kept: dict[str, Entry] = {}
        self._kept_before: dict[str, Entry] = {}

    def is_heard(self, channel: str) -> bool:
        """Whether somebody may hear what is told there."""
        return channel in self._listened or monotonic() < self._knows_at

    def keep(self, channel: str, entry: Entry) -> None:
        """Keep what was not told; of each channel the latest, since whoever gets that looks for what is before it."""
        if channel in self._kept or len(self._kept) < MOST_KEPT:
            self._kept[channel] = entry

    # ---- what is said of this process ----

    def come(self, channels: Iterable[str]) -> str:
        """What to say on a new net, where nothing is known of anybody."""
        self._ours = set(channels)
        self._changes += 1  # whatever was said before this is old
        self._others.clear()
        self._listened.clear()
        self._knows_at = monotonic() + SECONDS_TO_KNOW
        return self._say("all?", self._ours)

    def change(self, changed: dict[str, bool]) -> list[str]:
        """What to say of channels that are listened to from now on, or no more."""
        more, less = ([c for c, wanted in changed.items() if wanted is kind] for kind in (True, False))
        self._ours = (self._ours | set(more)) - set(less)
        said = []
        for word, channels in (("more", more), ("less", less)):
            if channels:
                self._changes += 1
                said.append(self._say(word, channels))
        return said

    def beat(self) -> str:
        """What to say now and then. Forgets who said nothing for long, and what was kept for long."""
        self._kept, self._kept_before = {}, self._kept
        silent = monotonic() - SECONDS_TO_FORGET
        for name in [name for name, other in self._others.items() if other.heard_at < silent]:
            self._listen(self._others.pop(name), set())
        return self._say("beat", ())

    def _say(self, word: str, channels: Iterable[str]) -> str:
        return f"{self.process}\n{word}\n{self._changes}\n{' '.join(channels)}"

    # ---- what others say ----

    def hear(self, message: str) -> tuple[list[str], list[tuple[str, Entry]]]:
        """Take what another process says; gives what to say to it, and what it has to be told now with its channel."""
        name, word, changes, listed = message.split("\n")
        other, channels = self._others.setdefault(name, Other()), set(listed.split())
        other.heard_at = monotonic()
        if word == "ask":
            return [self._say("all", self._ours)] if listed == self.process else [], []
        if word in ("all", "all?"):
            new, other.was_asked = self._listen(other, channels), False
        elif int(changes) == other.changes + (word != "beat"):
            new = self._listen(other, {"more": other.channels | channels, "less": other.channels - channels}.get(word))
        else:
            return self._ask(name, other, again=word == "beat"), []
        other.changes = int(changes)
        answers = [self._say("all", self._ours)] if word == "all?" else []
        return answers, [(channel, entry) for channel in new if (entry := self._of_late(channel)) is not None]

    def _ask(self, name: str, other: Other, *, again: bool) -> list[str]:
        """What to say to who has said something that was not heard: once until its next beat."""
        if other.was_asked and not again:
            return []
        other.was_asked = True
        return [self._say("ask", [name])]

    def _listen(self, other: Other, channels: set[str] | None) -> set[str]:
        """Note what it listens to (None: what it did before); gives what is new of it."""
        if channels is None:
            return set()
        new, gone = channels - other.channels, other.channels - channels
        other.channels = channels
        self._listened.update(new)
        self._listened.subtract(gone)
        for channel in gone:
            if self._listened[channel] <= 0:
                del self._listened[channel]
        return new

    def _of_late(self, channel: str) -> Entry | None:
        return self._kept.get(channel) or self._kept_before.get(channel)
