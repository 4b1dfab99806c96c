"""The seams of python-socketio that we stand on: a contract test fails if one of them moves.

Nothing here waits to send: a packet given to a connection keeps its place behind all earlier ones, so that acks, joins
and live events reach a client in the order in which we decided on them.
"""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

import socketio
from socketio import packet as kinds

from realtime.engine import Engine, Limits
from realtime.gate import Gate
from realtime.incoming import MAX_MESSAGE, Malformed, SocketPacket, socket_packet
from realtime.sockets import Socket
from server.config import Settings


class Owner(Protocol):
    """Who decides about connections."""

    async def admit(self, sid: str, eio_sid: str, auth: Any) -> None: ...
    def connected(self, sid: str) -> bool: ...
    async def received(self, sid: str, name: str, arguments: list[Any], ack: int | None) -> None: ...
    def gone(self, sid: str) -> None: ...
    async def refuse(self, sid: str | None, eio_sid: str, code: str) -> None: ...


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

    def __init__(self, owner: Owner, settings: Settings, limits: Limits) -> None:
        self.gate = Gate(settings, lambda sid: self.socket_of(sid) is not None)
        super().__init__(
            client_manager=Manager(owner),
            async_mode="aiohttp",
            async_handlers=False,
            serializer=SocketPacket,
            http_compression=False,
            max_http_buffer_size=MAX_MESSAGE,
            cors_allowed_origins=self.gate.allows,
            cors_credentials=True,
        )
        self.owner = owner
        self.limits = self.eio.limits = limits
        self.eio.gate, self.eio.refuse = self.gate, self._refuse
        self.on("connect", self._on_connect)
        self.on("disconnect", self._on_disconnect)

    async def _on_connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        await self.owner.admit(sid, str(self.manager.eio_sid_from_sid(sid, "/")), auth)
        environ.clear()  # nobody asks for it again, and it is large

    def _engineio_server_class(self) -> type[Engine]:
        return Engine

    def _on_disconnect(self, sid: str, reason: str = "") -> None:
        self.owner.gone(sid)

    async def _handle_eio_message(self, eio_sid: str, data: str) -> None:
        """The library's own, except that what it would only log ends the connection."""
        try:
            packet = socket_packet(data)
        except Malformed:
            await self._refuse(eio_sid, "message_invalid")
            return
        if packet.packet_type == kinds.CONNECT:
            await self._knocked(eio_sid, packet)
        elif packet.packet_type == kinds.DISCONNECT:
            await self._handle_disconnect(eio_sid, packet.namespace, self.reason.CLIENT_DISCONNECT)
        elif packet.packet_type == kinds.EVENT:
            await self._handle_event(eio_sid, packet.namespace, packet.id, packet.data)

    async def _knocked(self, eio_sid: str, packet: SocketPacket) -> None:
        socket = self.socket_of(eio_sid)
        if socket is None:
            return
        socket.connects_left -= 1
        if socket.connects_left >= 0:
            await self._handle_connect(eio_sid, packet.namespace, packet.data)
        else:
            await self._refuse(eio_sid, "rate_limited")

    async def _refuse(self, eio_sid: str, code: str) -> None:
        await self.owner.refuse(self.manager.sid_from_eio_sid(eio_sid, "/"), eio_sid, code)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        if sid and self.manager.is_connected(sid, namespace or "/"):
            await self.owner.received(sid, data[0], data[1:], id)

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
