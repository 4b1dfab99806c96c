"""Hints that something was committed, from the bus of the rooms; whoever misses one looks a second later."""

from __future__ import annotations

import asyncio

from realtime.bus import Bus


class Hints:
    """Wakes the dispatcher."""

    def __init__(self, bus: Bus) -> None:
        self._heard = asyncio.Event()
        bus.follow_commits(self._heard.set)

    def clear(self) -> None:
        """Forget the hints so far: call it before looking."""
        self._heard.clear()

    async def wait(self, seconds: float, stop: asyncio.Event) -> None:
        """Until a hint comes, the time is over or `stop` is set."""
        await _first(seconds, self._heard, stop)

    async def pause(self, seconds: float, stop: asyncio.Event) -> None:
        """Until the time is over or `stop` is set."""
        await _first(seconds, stop)


async def _first(seconds: float, *events: asyncio.Event) -> None:
    waiting = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
