"""The seams of python-socketio that we stand on: a contract test fails if one of them moves.

Nothing here waits to send: a packet given to a connection keeps its place behind all earlier ones, so that acks, joins
and live events reach a client in the order in which we decided on them.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import socketio
import socketio.packet

from realtime.engine import Engine
from realtime.frames import Json
from realtime.sockets import MAX_MESSAGE, Limits, Socket


class Packet(socketio.packet.Packet):
    """A Socket.IO packet that holds JSON only: no search for bytes in what is sent."""

    uses_binary_events = False
    json = Json


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

    def __init__(self, owner: Owner, origins: list[str], limits: Limits) -> None:
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
        self.limits = self.eio.limits = limits
        self.on("connect", self._on_connect)
        self.on("disconnect", self._on_disconnect)

    def _allowed(self, origin: str | None, environ: dict[str, Any]) -> bool:
        if origin is None or origin in self.origins:
            return True
        host = environ.get("HTTP_X_FORWARDED_HOST", environ.get("HTTP_HOST", "")).split(",")[0].strip()
        return origin.partition("://")[2] == host

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        await self.owner.admit(sid, str(self.manager.eio_sid_from_sid(sid, "/")), auth)
        environ.clear()  # nobody asks for it again, and it is large

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    def _on_disconnect(self, sid: str, reason: str = "") -> None:
        self.owner.gone(sid)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if sid and self.manager.is_connected(sid, namespace or "/") and isinstance(data, list) and data:
            await self.owner.received(sid, str(data[0]), data[1:], id)

    def strangers(self, known: set[str]) -> list[Socket]:
        """The connections that have not shown a token yet."""
        return [socket for sid, socket in self.eio.sockets.items() if sid not in known and not socket.closed]

    def socket_of(self, eio_sid: str) -> Socket | None:
        """A connection; None when it has ended."""
        socket = self.eio.sockets.get(eio_sid)
        return None if socket is None or socket.closed or socket.closing else socket

    async def end(self, socket: Socket) -> None:
        """Close a connection behind what still waits, without the word that keeps a client from coming back."""
        await socket.close(wait=False, abort=True)

    async def flushed(self, socket: Socket, seconds: float) -> None:
        """Wait until a closed connection has taken its last packets, but not longer."""
        try:
            async with asyncio.timeout(seconds):
                while not socket.is_done:  # noqa: ASYNC110 - only at the end of a connection
                    await asyncio.sleep(0.02)
        except TimeoutError:
            return

    async def cut(self, socket: Socket) -> None:
        """End a connection from our side; what still waits for it is dropped."""
        await socket.close(wait=False, abort=True)
        socket.abort()
