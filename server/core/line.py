"""A connection to Redis that is written to without waiting, and whose answers are taken as they come.

redis-py connects, signs in and speaks TLS, then its transport is ours: its own commands take a timeout, a lock and a
task's turn each. Of its connection only `_writer` is touched, which `tests/realtime/test_seams.py` pins.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from typing import Any

import hiredis
from redis.exceptions import ConnectionError, NoScriptError, ResponseError

_NOT_YET = object()


class Line(ABC, asyncio.Protocol):
    """One connection, taken over from redis-py when it is connected and signed in."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._replies = hiredis.Reader(notEnoughData=_NOT_YET)
        self._out: list[bytes] = []
        self._transport: Any = None

    async def connect(self) -> None:
        """Raises what redis-py raises, or `OSError`."""
        await self._connection.connect()
        self._transport = self._connection._writer.transport
        self._transport.set_protocol(self)

    async def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        await self._connection.disconnect(nowait=True)

    def put(self, *command: str | bytes) -> None:
        """Send a command with the next `flush`."""
        self._out.append(hiredis.pack_command(command))  # pyright: ignore[reportArgumentType] - any tuple is fine

    def flush(self) -> None:
        out, self._out = self._out, []
        if out and not self._transport.is_closing():  # whoever holds the line is about to hear of its end
            self._transport.write(b"".join(out))

    @property
    def unsent(self) -> int:
        """Bytes that the server has not taken yet."""
        return self._transport.get_write_buffer_size()

    @abstractmethod
    def take(self, reply: Any) -> None:
        """Called with each answer and message."""

    @abstractmethod
    def lose(self, error: Exception) -> None:
        """Called when the line is of no use any more."""

    # ---- asyncio.Protocol ----

    def data_received(self, data: bytes) -> None:
        self._replies.feed(data)
        while (reply := self._replies.gets()) is not _NOT_YET:
            self.take(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lose(exc or ConnectionError("Redis has closed the connection"))


class Questions(Line):
    """A line for commands that each want their answer: those of one turn of the loop go out in one write.

    One that has no answer after so many seconds, or is refused, ends the line for all: its Redis stands still, or is no
    master any more.
    """

    def __init__(self, connection: Any, seconds: float) -> None:
        super().__init__(connection)
        self.seconds = seconds
        self.lost: Exception | None = None
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._flushing = self._looking = False

    async def run(self, script: Any, *args: str) -> Any:
        """The answer of a script (of redis-py's `register_script`) to its one key and what else it is given.

        Raises what redis-py raises, `OSError` or `TimeoutError`.
        """
        try:
            return await self.ask("EVALSHA", script.sha, "1", *args)
        except NoScriptError:
            return await self.ask("EVAL", script.script, "1", *args)

    def ask(self, *command: str | bytes) -> asyncio.Future[Any]:
        """The answer that is to come."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self.lost is not None:
            answer.set_exception(self.lost)
            return answer
        self._waiting.append((self._loop.time(), answer))
        self.put(*command)
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)
        if not self._looking:
            self._looking = True
            self._loop.call_later(self.seconds, self._look)
        return answer

    def flush(self) -> None:
        self._flushing = False
        super().flush()

    def _look(self) -> None:
        """See whether an answer is overdue: one timer for all of them."""
        self._looking = False
        if not self._waiting or self.lost is not None:
            return
        due = self._waiting[0][0] + self.seconds
        if due <= self._loop.time():
            self.lose(TimeoutError(f"no answer from Redis in {self.seconds} s"))
        else:
            self._looking = True
            self._loop.call_at(due, self._look)

    def take(self, reply: Any) -> None:
        if self.lost is not None or isinstance(reply, hiredis.PushNotification):
            return  # nobody waits for it, or nobody asked
        _, answer = self._waiting.popleft()
        if not isinstance(reply, hiredis.ReplyError):
            if not answer.done():  # who asked may have gone
                answer.set_result(reply)
        elif str(reply).startswith("NOSCRIPT"):
            if not answer.done():
                answer.set_exception(NoScriptError(str(reply)))
        else:
            self._waiting.appendleft((0.0, answer))
            self.lose(ResponseError(str(reply)))

    def lose(self, error: Exception) -> None:
        if self.lost is not None:
            return
        self.lost = error
        self._transport.abort()
        for _, answer in self._waiting:
            if not answer.done():
                answer.set_exception(error)
        self._waiting.clear()
