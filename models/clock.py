"""The one source of time: aware, UTC; tests move it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

_offset = timedelta()


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """Today's date in UTC."""
    return now().date()


def move(by: timedelta) -> None:
    """Shift the clock of this process; for tests only."""
    global _offset
    _offset += by


def reset() -> None:
    """Put the clock back to the real time."""
    global _offset
    _offset = timedelta()
