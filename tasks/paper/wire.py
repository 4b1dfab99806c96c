"""Chromium's debugging protocol over two pipes: no port that others on this machine could connect to, and a browser
that ends when we do, however we end."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from pyee import EventEmitter
from pyppeteer.connection import CDPSession, Connection

END = b"\0"


class Pipes(Connection):
    """pyppeteer's connection on a process's stdin and stdout instead of a web socket.

    It sets what the parent's constructor sets, except for the socket that it would open there.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        EventEmitter.__init__(self)
        self._reader, self._writer = reader, writer
        self._url, self._delay, self._lastId = "", 0, 0
        self._loop = asyncio.get_running_loop()
        self._callbacks: dict[int, asyncio.Future] = {}
        self._sessions: dict[str, CDPSession] = {}
        self._closeCallback = None
        self._connected = True
        self._recv_fut = self._loop.create_task(self._recv_loop())

    @property
    def is_open(self) -> bool:
        return self._connected

    async def _recv_loop(self) -> None:
        with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            while True:
                message = await self._reader.readuntil(END)
                self._forget_cancelled()
                await self._on_message(message[:-1].decode())
        self.end()

    async def _async_send(self, msg: str, callback_id: int) -> None:
        with suppress(OSError):  # a browser that is gone is noticed by the one that reads
            self._writer.write(msg.encode() + END)
            await self._writer.drain()

    def _forget_cancelled(self) -> None:
        """pyppeteer would put results into futures whose waiter has given up, and fall over it."""
        for one in (self, *self._sessions.values()):
            for id in [id for id, future in one._callbacks.items() if future.done()]:
                del one._callbacks[id]

    def end(self) -> None:
        """Everybody who waits for an answer gets pyppeteer's NetworkError."""
        self._connected = False
        self._forget_cancelled()
        for session in self._sessions.values():
            session._on_closed()
        for future in self._callbacks.values():
            future.set_exception(future.error)  # type: ignore[attr-defined]  # pyppeteer hangs it on the future
        self._callbacks.clear()
        self._sessions.clear()
        if not self._recv_fut.done():
            self._recv_fut.cancel()
