"""The seams of python-socketio that we stand on: a contract test fails if one of them moves.

Nothing here waits to send: a packet put on a connection's queue keeps its place behind all earlier ones, so that acks,
joins and live events reach a client in the order in which we decided on them.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import engineio.packet
import msgspec
import socketio
import socketio.packet
from aiohttp import WSMsgType, web
from engineio.async_drivers import aiohttp as driver

MAX_MESSAGE = 100_000


class Json:
    """The JSON of the wire; a `msgspec.Raw` inside goes out as the text it is."""

    @staticmethod
    def dumps(value: Any, **_: Any) -> str:
        return msgspec.json.encode(value).decode()

    loads = staticmethod(msgspec.json.decode)


class Packet(socketio.packet.Packet):
    """A Socket.IO packet that holds JSON only: no search for bytes in what is sent."""

    uses_binary_events = False
    json = Json


Frame = engineio.packet.Packet


def frame(text: str) -> Frame:
    """An Engine.IO packet around a Socket.IO packet's text; its encoding is kept, so one serves a whole room."""
    return Frame(engineio.packet.MESSAGE, text)


def event_frame(name: str, payload: str) -> Frame:
    """The packet of an event whose payload is JSON text already; `name` needs no escaping."""
    return frame(f'2["{name}",{payload}]')


class WebSocket(driver.WebSocket):
    """The driver's WebSocket without the deflate that browsers offer: it costs more than it saves."""

    async def __call__(self, environ: dict[str, Any]) -> web.WebSocketResponse:
        request = environ["aiohttp.request"]
        self._sock = web.WebSocketResponse(max_msg_size=MAX_MESSAGE, compress=False)
        await self._sock.prepare(request)
        if (polling := self.server.sockets.get(request.query.get("sid"))) is not None:
            polling.last_request = request
        self.environ = environ
        await self.handler(self)
        return self._sock

    async def wait(self) -> str | bytes:
        assert self._sock is not None
        message = await self._sock.receive()
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            raise OSError("the websocket is closed")
        return message.data


class Owner(Protocol):
    """Who decides about connections."""

    async def admit(self, sid: str, eio_sid: str, auth: Any) -> None: ...
    def connected(self, sid: str) -> bool: ...
    async def received(self, sid: str, name: str, arguments: list[Any], ack: int | None) -> None: ...
    def gone(self, sid: str) -> None: ...


class Manager(socketio.AsyncManager):
    """The client list; rooms are ours, so a client is only in the two rooms that the library itself needs."""

    def __init__(self, owner: Owner) -> None:
        super().__init__()
        self.owner = owner

    async def connect(self, sid: str, namespace: str) -> None:
        """Called when the client has been told that it is connected."""
        await super().connect(sid, namespace)
        if not self.owner.connected(sid):
            await self.disconnect(sid, namespace)

    def basic_disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        """The library looks through all rooms of all clients here."""
        for room in (sid, None):
            self.basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            sids = pending.get(namespace, [])
            if sid in sids:
                sids.remove(sid)
            if not sids:
                pending.pop(namespace, None)


class Server(socketio.AsyncServer):
    """The Socket.IO server: hands each message to the connection's owner, one after the other per connection."""

    def __init__(self, owner: Owner, origins: list[str]) -> None:
        super().__init__(
            client_manager=Manager(owner),
            async_mode="aiohttp",
            async_handlers=False,
            serializer=Packet,
            http_compression=False,
            max_http_buffer_size=MAX_MESSAGE,
            cors_allowed_origins=self._allowed,
            cors_credentials=True,
        )
        self.owner = owner
        self.origins = frozenset(origins)
        self.eio._async = {**self.eio._async, "websocket": WebSocket}
        self.on("connect", self._on_connect)
        self.on("disconnect", self._on_disconnect)

    def _allowed(self, origin: str | None, environ: dict[str, Any]) -> bool:
        if origin is None or origin in self.origins:
            return True
        host = environ.get("HTTP_X_FORWARDED_HOST", environ.get("HTTP_HOST", "")).split(",")[0].strip()
        return origin.partition("://")[2] == host

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        eio_sid = self.manager.eio_sid_from_sid(sid, "/")
        if (socket := self.eio.sockets.get(eio_sid)) is not None and not hasattr(socket, "last_request"):
            socket.last_request = environ["aiohttp.request"]
        await self.owner.admit(sid, str(eio_sid), auth)

    def _on_disconnect(self, sid: str, reason: str = "") -> None:
        self.owner.gone(sid)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if sid and self.manager.is_connected(sid, namespace or "/") and isinstance(data, list) and data:
            await self.owner.received(sid, str(data[0]), data[1:], id)

    def strangers(self, known: set[str]) -> list[Any]:
        """The connections that have not shown a token yet."""
        return [socket for sid, socket in self.eio.sockets.items() if sid not in known and not socket.closed]

    def socket_of(self, eio_sid: str) -> Any | None:
        """The library's end of a connection; None when it has ended."""
        socket = self.eio.sockets.get(eio_sid)
        return None if socket is None or socket.closed or socket.closing else socket

    async def end(self, socket: Any) -> None:
        """Close a connection behind what still waits, without the word that keeps a client from coming back."""
        await socket.close(wait=False, abort=True)

    async def flushed(self, socket: Any, seconds: float) -> None:
        """Wait until a closed connection has taken its last frames, but not longer."""
        try:
            async with asyncio.timeout(seconds):
                while not self._is_done(socket):  # noqa: ASYNC110 - the library tells nobody
                    await asyncio.sleep(0.02)
        except TimeoutError:
            return

    def _is_done(self, socket: Any) -> bool:
        if not socket.upgraded:  # long polling: nothing waits but the mark of the end
            return socket.queue.qsize() <= 1
        transport = self._transport(socket)
        return transport is None or transport.is_closing()

    def _transport(self, socket: Any) -> asyncio.WriteTransport | None:
        request: web.Request | None = getattr(socket, "last_request", None)
        if request is None and socket.sid in self.environ:
            request = self.environ[socket.sid]["aiohttp.request"]
        return request.transport if request is not None else None

    async def cut(self, socket: Any) -> None:
        """End a connection from our side; what still waits for it is dropped."""
        while not socket.queue.empty():
            socket.queue.get_nowait()
            socket.queue.task_done()
        transport = self._transport(socket)
        if socket.upgraded and transport is not None:
            transport.abort()
        await socket.close(wait=False, abort=True)
        socket.queue.put_nowait(None)
