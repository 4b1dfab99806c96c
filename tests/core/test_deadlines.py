"""How long something may take: who is late is stopped, whoever else stops it, and nobody else is."""

from __future__ import annotations

import asyncio

import pytest

from server.core import deadlines
from server.core.deadlines import Deadline


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "LOOK_SECONDS", 0.02)


async def test_who_is_late_leaves_with_a_timeout():
    deadline = Deadline(0.05)
    for _ in range(2):
        with pytest.raises(TimeoutError), deadline:
            await asyncio.sleep(60)
        assert asyncio.current_task().cancelling() == 0  # pyright: ignore[reportOptionalMemberAccess] - this runs in one
    deadline.seconds = 60
    with deadline:
        await asyncio.sleep(0)


async def test_the_late_are_stopped_and_not_those_who_came_later(monkeypatch: pytest.MonkeyPatch):
    clock = [100.0]
    monkeypatch.setattr(deadlines, "monotonic", lambda: clock[0])
    deadline, came, done = Deadline(10.0), asyncio.Semaphore(0), asyncio.Event()

    async def stay() -> None:
        with deadline:
            came.release()
            await done.wait()

    late = asyncio.create_task(stay())
    await came.acquire()
    clock[0] += 6
    later = asyncio.create_task(stay())
    await came.acquire()
    clock[0] += 6
    with pytest.raises(TimeoutError):
        await late
    done.set()
    await later


async def test_an_error_of_its_own_goes_out_though_it_is_late():
    deadline = Deadline(0.05)

    async def stubborn() -> None:
        with deadline:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                raise ValueError("mine") from None

    with pytest.raises(ValueError, match="mine"):
        await asyncio.create_task(stubborn())


async def test_who_is_stopped_from_outside_is_not_late():
    deadline, began = Deadline(60), asyncio.Event()

    async def wait() -> None:
        with deadline:
            began.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_it_looks_in_each_loop():
    """A loop that ended while a look was due takes nothing with it."""
    deadline = Deadline(0.05)

    async def late() -> None:
        with deadline:
            await asyncio.sleep(60)

    for _ in range(2):
        with pytest.raises(TimeoutError):
            asyncio.run(late())
