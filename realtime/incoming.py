"""What may come in: a socket that sends anything else is told why and closed, whatever it still has to say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import socketio.packet
from aiohttp import WSCloseCode, web
from engineio.async_socket import AsyncSocket
from engineio.exceptions import EngineIOError
from engineio.packet import Packet

from models.errors import BodyTimeout, TooLarge
from realtime.caps import Bucket
from realtime.frames import Json
from server.core.bodies import read_body

if TYPE_CHECKING:
    from realtime.engine import Engine

MAX_MESSAGE = 100_000
# Engine.IO packets of one connection, whatever they are; and polls that come while another one waits.
PACKETS, POLLS = (100, 1_000), (10, 100)
UPGRADING_SECONDS = 0.1
CONNECTS = 5  # tries to be let in, over one connection
# What a client says: of Engine.IO `close`, `pong` and messages; of Socket.IO `connect`, `disconnect`, events and acks.
# Nothing of ours is binary, whose parts the library would collect without a limit.
WORDS = frozenset(("1", "3"))
MESSAGES = frozenset(("40", "41", "42", "43"))


class Malformed(Exception):
    """No client that keeps to the protocol sends this."""


def engine_packet(data: object) -> Packet:
    """An Engine.IO packet. Raises `Malformed`."""
    if not isinstance(data, str) or not (data in WORDS or data[:2] in MESSAGES):
        raise Malformed
    return Packet(encoded_packet=data)  # the second digit keeps it from looking for JSON in a message


class SocketPacket(socketio.packet.Packet):
    """A Socket.IO packet that holds JSON only: no search for bytes in what is sent."""

    uses_binary_events = False
    json = Json


def socket_packet(data: str) -> SocketPacket:
    """A Socket.IO packet. Raises `Malformed`."""
    try:
        packet = SocketPacket(encoded_packet=data)
    except (ValueError, RecursionError):  # msgspec's are ValueErrors
        raise Malformed from None
    said: Any = packet.data
    is_event = isinstance(said, list) and bool(said) and isinstance(said[0], str)
    if packet.attachment_count or (packet.packet_type == socketio.packet.EVENT and not is_event):
        raise Malformed
    return packet


class Incoming(AsyncSocket):
    """The half of a connection that hears."""

    server: Engine
    hung_up = False

    def __init__(self, server: Engine, sid: str) -> None:
        super().__init__(server, sid)
        at = asyncio.get_running_loop().time()
        self._packets, self._polls = Bucket(*PACKETS, at), Bucket(*POLLS, at)
        self.connects_left = CONNECTS

    async def hear(self, data: str | bytes) -> None:
        """Take one packet, unless the connection is at its end."""
        if self.hung_up or not await self.may_speak():
            return
        try:
            await self.receive(engine_packet(data))
        except Malformed:
            await self.refuse("message_invalid")

    async def may_speak(self) -> bool:
        """Whether the client keeps to its limit of packets; one that does not is closed."""
        if self._packets.take(asyncio.get_running_loop().time()):
            return True
        await self.refuse("rate_limited")
        return False

    async def refuse(self, code: str) -> None:
        """Say why, and close."""
        if not self.hung_up:
            await self.server.refuse(self.sid, code)

    async def handle_post_request(self, environ: dict[str, Any]) -> None:
        """What a polling client says."""
        try:
            body = await read_body(environ["aiohttp.request"], MAX_MESSAGE)
        except TooLarge:
            await self.refuse("message_too_big")
            return
        except (BodyTimeout, ConnectionResetError):
            raise EngineIOError("half a message") from None  # what it says is lost, and so is the connection
        for packet in body.decode(errors="replace").split("\x1e"):
            await self.hear(packet)

    async def handle_get_request(self, environ: dict[str, Any]) -> Any:
        """A poll, or the way over to a WebSocket; a client has one of them at a time."""
        if self.upgrading and "HTTP_UPGRADE" in environ:
            return self.server._bad_request("This connection is being upgraded already.")
        if (self.upgrading or self.is_polled) and not self._polls.take(asyncio.get_running_loop().time()):
            await self.refuse("rate_limited")
        if self.upgrading:
            await asyncio.sleep(UPGRADING_SECONDS)  # polls are answered without anything now, at once and for ever
        return await super().handle_get_request(environ)

    @property
    def is_polled(self) -> bool:
        """Whether a poll waits."""
        raise NotImplementedError  # only the socket that sends (`sockets.py`) knows, and this class is none by itself


class WebSocket(web.WebSocketResponse):
    """Tells why before it ends a connection for the size of a message, which it sees in the first bytes."""

    def __init__(self, refuse: Callable[[str], Awaitable[None]], **options: Any) -> None:
        super().__init__(max_msg_size=MAX_MESSAGE, compress=False, autoping=False, autoclose=False, **options)
        self._refuse = refuse

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        if code == WSCloseCode.MESSAGE_TOO_BIG:
            await self._refuse("message_too_big")
        closed = await super().close(code=code, message=message, drain=drain)
        if error := self.exception():  # the frames that it went through hold us: a ring that only the collector opens
            error.with_traceback(None).__context__ = None
        return closed
