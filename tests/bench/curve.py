"""A row of samples over time: the curve of each number, and whether it rises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Bound:
    """How much a number may rise from warm-up to the end: so much of itself, or so much at least."""

    part: float
    least: float

    def allows(self, level: float) -> float:
        return max(self.part * level, self.least)


@dataclass(frozen=True)
class Trend:
    """A number's way over the samples after the warm-up."""

    name: str
    values: list[float]
    bound: Bound

    @property
    def rise(self) -> float:
        """From the first to the last sample by the median slope of all pairs: single peaks do not count."""
        pairs = combinations(enumerate(self.values), 2)
        slopes = [(b - a) / (j - i) for (i, a), (j, b) in pairs]
        return median(slopes) * (len(self.values) - 1) if slopes else 0.0

    @property
    def allowed(self) -> float:
        return self.bound.allows(median(self.values))

    @property
    def holds(self) -> bool:
        return self.rise <= self.allowed

    def line(self) -> str:
        verdict = "flat" if self.holds else "RISES"
        figures = f"{min(self.values):8.1f} {median(self.values):8.1f} {max(self.values):8.1f}"
        return f"{self.name:18} {figures} {self.rise:+8.1f} {self.allowed:8.1f}  {verdict:5}  {chart(self.values)}"


HEAD = f"{'':18} {'least':>8} {'median':>8} {'most':>8} {'rise':>8} {'allowed':>8}"


def chart(values: Sequence[float], width: int = 60) -> str:
    """The curve in one line, from its least to its greatest value."""
    count = min(width, len(values))
    places = [values[len(values) * i // count] for i in range(count)]
    least, most = min(places), max(places)
    scale = (len(BLOCKS) - 1) / ((most - least) or 1)
    return "".join(BLOCKS[round((value - least) * scale)] for value in places)
