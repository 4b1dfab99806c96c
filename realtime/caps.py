"""How much one client may ask for: rates per connection, connections per person and per address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable


class Bucket:
    """A rate limit: `rate` a second, `burst` at once."""

    __slots__ = ("at", "burst", "left", "rate")

    def __init__(self, rate: float, burst: float, at: float) -> None:
        self.rate, self.burst, self.left, self.at = rate, burst, burst, at

    def take(self, at: float) -> bool:
        self.left = min(self.burst, self.left + (at - self.at) * self.rate)
        self.at = at
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Tally:
    """How many of something each holder has; 0 for `most` is no limit."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: Counter[Hashable] = Counter()

    def take(self, holder: Hashable) -> bool:
        """One more for the holder; False, and none, when they have the most already."""
        if self.most and self._held[holder] >= self.most:
            return False
        self._held[holder] += 1
        return True

    def give_back(self, holder: Hashable) -> None:
        self._held[holder] -= 1
        if not self._held[holder]:
            del self._held[holder]


class Addresses:
    """The open connections of each address. Connections end in many ways, so they are looked at, not signed off."""

    def __init__(self, most: int, is_open: Callable[[str], bool]) -> None:
        self.most = most
        self.is_open = is_open
        self._sids: dict[str, set[str]] = {}

    def has_room(self, address: str) -> bool:
        sids = self._sids.get(address, set())
        if self.most and len(sids) >= self.most:
            sids = self._sids[address] = set(filter(self.is_open, sids))
        return not self.most or len(sids) < self.most

    def add(self, address: str, sid: str) -> None:
        self._sids.setdefault(address, set()).add(sid)

    def sweep(self) -> None:
        """Forget the connections that have ended."""
        still = {address: set(filter(self.is_open, sids)) for address, sids in self._sids.items()}
        self._sids = {address: sids for address, sids in still.items() if sids}
