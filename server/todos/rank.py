"""Fractional ranks: strings that sort as the cards stand, with room between any two.

A rank is a number in base 62, written so that strings compare as the numbers do (byte by byte): six digits before an
unwritten point, and as many after it as it takes. The ends grow by whole steps, so that a column filled from one end
keeps short ranks; only what is put again and again into the same gap grows, one digit in six such moves.
"""

from __future__ import annotations

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
BASE = len(DIGITS)
WHOLE = 6
# Longer ones are spread out anew (see places.py).
TOO_LONG = 40
_VALUE = {digit: value for value, digit in enumerate(DIGITS)}
_MIDDLE = BASE**WHOLE // 2


def between(low: str | None, high: str | None) -> str:
    """A rank after `low` and before `high`; None stands for the end on that side. Needs `low < high`."""
    if low is None and high is None:
        return _text(_MIDDLE, 0)
    if high is None:
        assert low is not None
        return _text(_number(low[:WHOLE], 0) + 1, 0)
    if low is None:
        return _text(_number(high[:WHOLE], 0) - 1, 0)
    places = max(len(low), len(high)) - WHOLE
    while True:
        below, above = _number(low, places), _number(high, places)
        if above - below > 1:
            return _text((below + above) // 2, places)
        if above <= below:
            raise ValueError(f"{low} does not come before {high}")
        places += 1


def spread(low: str | None, high: str | None, count: int) -> list[str]:
    """`count` ranks in order between the two, as short and as far apart as they can be."""
    if high is None or low is None:
        first = between(low, high)
        start = _number(first[:WHOLE], 0) - (count - 1 if high is not None else 0)
        return [_text(start + i, 0) for i in range(count)]
    places = 0
    while _number(high, places) - _number(low, places) <= 2 * count:
        places += 1
    below, gap = _number(low, places), _number(high, places) - _number(low, places)
    return [_text(below + gap * (i + 1) // (count + 1), places) for i in range(count)]


def _number(rank: str, places: int) -> int:
    """The rank as a whole number of `places` digits after the point; further digits are cut off."""
    value = 0
    for digit in rank[: WHOLE + places].ljust(WHOLE + places, DIGITS[0]):
        value = value * BASE + _VALUE[digit]
    return value


def _text(value: int, places: int) -> str:
    if not 0 <= value < BASE ** (WHOLE + places):
        raise ValueError("no rank is left at this end")
    digits = []
    for _ in range(WHOLE + places):
        value, digit = divmod(value, BASE)
        digits.append(DIGITS[digit])
    text = "".join(reversed(digits))
    return text[:WHOLE] + text[WHOLE:].rstrip(DIGITS[0])
