"""How long something may take, watched by one look a second: a timer of its own costs a request a twentieth."""

from __future__ import annotations

import asyncio
from time import monotonic
from types import TracebackType

LOOK_SECONDS = 1.0


class Deadline:
    """`with` it, a task has so many seconds, and up to a look more; then it is stopped, and leaves with `TimeoutError`.

    A task is in it once at a time.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        # When each task came in, and how often it had been told to stop before; the oldest first.
        self._running: dict[asyncio.Task[object], tuple[float, int]] = {}
        self._late: set[asyncio.Task[object]] = set()
        self._looking: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # there is one wherever anything can be waited for
        self._running[task] = monotonic(), task.cancelling()
        if self._looking is None or self._looking is not task.get_loop():
            self._look_later(task.get_loop())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task = asyncio.current_task()
        assert task is not None
        _, stops = self._running.pop(task)
        if self._late and task in self._late:
            self._late.remove(task)
            if task.uncancel() <= stops and kind is asyncio.CancelledError:
                raise TimeoutError from error

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = loop
        loop.call_later(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        self._looking = None
        over = monotonic() - self.seconds
        for task, (began, _) in self._running.items():
            if began > over:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        if self._running:
            self._look_later(asyncio.get_running_loop())
