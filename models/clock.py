"""The one source of time: aware, UTC; tests move it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_offset = timedelta()


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC) + _offset


def today() -> date:
    """Today's date in UTC."""
    return now().date()


def day_in(zone: str | None, *, begins: timedelta = timedelta()) -> date:
    """Today's date in a time zone, where the day begins so long after midnight; in UTC for one that there is not."""
    try:
        local = now().astimezone(ZoneInfo(zone or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        local = now()
    return (local - begins).date()


def move(by: timedelta) -> None:
    """Shift the clock of this process; for tests only."""
    global _offset
    _offset += by


def reset() -> None:
    """Put the clock back to the real time."""
    global _offset
    _offset = timedelta()
