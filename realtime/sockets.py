"""A client's connection: one coroutine that reads and one place that writes, no queue and no other task.

The parts of python-engineio that are replaced here are pinned: a contract test fails if one of them moves.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aiohttp import WSMessage, WSMsgType, web
from engineio.exceptions import QueueEmpty
from engineio.packet import Packet

from realtime import frames, metrics
from realtime.frames import Frame
from realtime.incoming import Incoming, WebSocket

if TYPE_CHECKING:
    from realtime.engine import Engine

MAX_POLLED = 16  # packets in one answer: python-socketio's client refuses more
JOINED = 64 * 1024  # what is due to one connection is written at the latest when it is so much
PROBE_SECONDS = 10.0
GOODBYE_SECONDS = 2.0


class Shortcut:
    """Where a live event may be written straight away, if nothing waits there: the WebSocket's transport.

    None while anything else is to be looked at: the client polls, lags or leaves, something is due to it in this turn,
    or no event has gone this way since.
    """

    __slots__ = ("transport",)

    def __init__(self) -> None:
        self.transport: asyncio.WriteTransport | None = None


class Socket(Incoming):
    """A client's connection: long polling at first, mostly, and WebSocket as soon as the client wants it."""

    server: Engine

    def __init__(self, server: Engine, sid: str) -> None:
        super().__init__(server, sid)
        self.transport: asyncio.WriteTransport | None = None  # of the WebSocket, once it speaks one
        self.shortcut = Shortcut()
        self.hung_up = False
        self._request: web.Request | None = None  # the latest poll, or the WebSocket
        self._ending: asyncio.Task[None] | None = None
        self._waiting: list[str] = []  # for the next poll
        self._poll: asyncio.Future[None] | None = None
        self._drain: asyncio.Future[None] | None = None
        self._due: list[bytes] = []  # for the WebSocket, still in this turn of the loop
        self._size = 0  # of what waits or is due
        self.schedule_ping()

    # ---- writing: whatever is sent to the client goes through here, in this order ----

    async def send(self, pkt: Packet) -> None:
        """What the library sends."""
        self.put(frames.packet(str(pkt.encode())))

    def put(self, frame: Frame) -> None:
        """Send packets behind all earlier ones; never waits."""
        if self.hung_up:
            return
        if self.transport is not None:
            self._write(frame.wire)
            return
        self._waiting.extend(frame.texts)
        self._size += len(frame.wire)
        _set(self._poll)
        if self._size > self.server.limits.most:
            self.overflow()

    def offer(self, frame: Frame, alone: bool) -> bool:
        """The same, unless the client lags: then nothing is sent. `alone`: nothing else is to be sent in this turn."""
        transport = self.transport
        if not alone or transport is None or self._due or self.hung_up or transport.is_closing():
            if self.buffered > self.server.limits.lag:
                return False
            self.put(frame)
            return True
        if transport.get_write_buffer_size() > self.server.limits.lag:
            return False
        transport.write(frame.wire)
        self.shortcut.transport = transport  # the next one need not ask all this
        return True

    def _write(self, wire: bytes) -> None:
        if not self._due:
            self.shortcut.transport = None  # nothing may overtake it
            self.server.flush_soon(self)
        self._due.append(wire)
        self._size += len(wire)
        if self._size > JOINED:
            self.flush()

    def flush(self) -> None:
        """Write what is due, in one piece."""
        due, transport = self._due, self.transport
        if not due:
            return
        wire = due[0] if len(due) == 1 else b"".join(due)
        due.clear()
        self._size = 0
        if transport is None or transport.is_closing():
            return
        transport.write(wire)
        if transport.get_write_buffer_size() > self.server.limits.most:
            self.overflow()

    @property
    def buffered(self) -> int:
        """The bytes that the client has not taken yet; what is due in this turn does not count."""
        transport = self.transport
        if transport is None:
            return self._size
        return 0 if transport.is_closing() else transport.get_write_buffer_size()

    async def drained(self) -> None:
        """Wait until the client has taken nearly everything, or is gone."""
        if self.transport is not None and self._request is not None:
            with suppress(ConnectionError):
                await self._request.writer.drain()  # waits for the transport's low-water mark
        elif self._size > self.server.limits.drained and not self.hung_up:
            if self._drain is None or self._drain.done():
                self._drain = asyncio.get_running_loop().create_future()
            await asyncio.shield(self._drain)  # others may wait, too

    def overflow(self) -> None:
        """Cut a client that does not take what it is sent."""
        if not self.hung_up:
            metrics.CLOSED.labels("too_slow").inc()
            self.abort()
            self._ending = asyncio.get_running_loop().create_task(self.close(wait=False, abort=True))

    # ---- long polling ----

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """A poll, or the wish for a WebSocket."""
        if not self.upgraded and "HTTP_UPGRADE" not in environ:
            self._request = environ["aiohttp.request"]
        return await super().handle_get_request(environ)

    async def poll(self) -> Sequence[Any]:
        """The next packets, as soon as there are any; none when the connection has ended."""
        request = self._request
        _set(self._poll)  # an earlier poll that still waits has been given up by its client
        if not self._waiting and not self.hung_up:
            self._poll = asyncio.get_running_loop().create_future()
            await self._poll
        if request is not None and request.transport is None:  # nobody would get them, and nobody would know
            raise QueueEmpty
        texts, self._waiting = self._waiting[:MAX_POLLED], self._waiting[MAX_POLLED:]
        self._size = sum(map(len, self._waiting))
        if self._size <= self.server.limits.drained:
            _set(self._drain)
        if texts:
            return [Frame(texts, b"")]
        return [] if self.hung_up else [frames.NOOP]

    @property
    def is_polled(self) -> bool:
        return self._poll is not None and not self._poll.done()

    # ---- WebSocket ----

    async def _upgrade_websocket(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        request: web.Request = environ["aiohttp.request"]
        if self.connected:
            environ.clear()  # the library would hold it as long as the WebSocket
        websocket = WebSocket(self.refuse, timeout=GOODBYE_SECONDS)
        await websocket.prepare(request)
        websocket.headers.clear()  # sent: a kilobyte that nobody looks at again
        transport = request.transport
        if transport is None or not await self._is_upgraded(websocket, transport):
            return websocket
        self._request = request
        self._go_over(transport)
        try:
            await self._read(websocket)
        finally:
            await self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_CLOSE)
            transport.close()
            _set(self._drain)
        return websocket

    async def _is_upgraded(self, websocket: web.WebSocketResponse, transport: asyncio.WriteTransport) -> bool:
        """Whether the connection goes on over this WebSocket: a polling client first tries whether it works."""
        if not self.connected:
            self.connected = True
            return True
        self.upgrading = True
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                if (await websocket.receive()).data != "2probe":
                    return False
                transport.write(frames.PROBED.wire)
                if self.is_polled:
                    self.put(frames.NOOP)
                return (await websocket.receive()).data == "5" and not self.upgraded
        except TimeoutError:
            return False
        finally:
            self.upgrading = False

    def _go_over(self, transport: asyncio.WriteTransport) -> None:
        self.upgraded = True
        self.transport = transport
        transport.set_write_buffer_limits(self.server.limits.lag, self.server.limits.drained)
        waiting, self._waiting, self._size = self._waiting, [], 0
        for text in waiting:
            self._write(frames.packet(text).wire)
        if self.hung_up:
            self._write(frames.CLOSED)
        _set(self._drain)

    async def _read(self, websocket: web.WebSocketResponse) -> None:
        while await self._take(await websocket.receive()):  # in one line, so that nothing holds the last message
            pass

    async def _take(self, message: WSMessage) -> bool:
        """Do what a message asks; False when it was the last."""
        if message.type is WSMsgType.TEXT or message.type is WSMsgType.BINARY:
            await self.hear(message.data)
        elif message.type is WSMsgType.PING:
            if await self.may_speak():
                self._write(frames.websocket_frame(message.data, frames.WS_PONG))
        elif message.type is not WSMsgType.PONG:
            self.hang_up()
            return False
        return True

    # ---- the end ----

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        """End the connection behind what has been sent; `abort` leaves out the word that says so."""
        if self.closed or self.closing:
            return
        self.closing = True
        await self.server._trigger_event(
            "disconnect", self.sid, reason or self.server.reason.SERVER_DISCONNECT, run_async=False
        )
        if not abort:
            self.put(frames.CLOSE)
        self.closed = True
        self.hang_up()

    def hang_up(self) -> None:
        """Send nothing more, and end the transport behind what has been sent."""
        if self.hung_up:
            return
        self.hung_up, self.shortcut.transport = True, None
        self.beat_at = asyncio.get_running_loop().time() + GOODBYE_SECONDS
        if self.transport is not None:
            self._write(frames.CLOSED)
            self.flush()
        _set(self._poll)
        _set(self._drain)

    def abort(self) -> None:
        """End the transport at once, whatever still waits for the client."""
        self.hung_up, self.shortcut.transport = True, None
        self._waiting.clear()
        self._due.clear()
        self._size = 0
        if self.transport is not None:
            self.transport.abort()
        self.server.sockets.pop(self.sid, None)
        _set(self._poll)
        _set(self._drain)

    @property
    def is_done(self) -> bool:
        """Whether a connection that was hung up has taken its last packets."""
        return not self._waiting if self.transport is None else self.transport.is_closing()

    # ---- its heart ----

    def schedule_ping(self) -> None:
        """Called when the client has answered the last ping."""
        self.pinged = False
        self.beat_at = asyncio.get_running_loop().time() + self.server.ping_interval


def _set(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done():
        future.set_result(None)
