"""A crowd of Socket.IO clients that cost next to nothing: raw WebSockets that count frames and parse only the few."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import time
import zlib
from base64 import b64encode
from typing import Any, cast

EVENT = (b'42["task', b'42["team.updated')  # `task.updated` and what else is told of tasks, or of the team
OPEN, PING, CONNECTED, REFUSED, ACK = b"0", b"2", b"40", b"44", b"431"
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"  # as browsers offer it
COMPRESSED = 0x40
PATIENCE = 60.0


def many_files() -> None:
    """Let this process and those it starts have as many sockets as the machine grants."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Socket(asyncio.Protocol):
    """One client, WebSocket only."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.transport: asyncio.Transport = None  # type: ignore[assignment]  # there once connected, as all else is
        self._rest = b""
        self._upgraded = False
        self._inflate = zlib.decompressobj(wbits=-15)
        self._answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    # ---- what it says ----

    async def connect(self) -> None:
        """Through the handshakes of WebSocket, Engine.IO and Socket.IO. Raises when it is not let in."""
        await self._next()

    async def join(self, **said: Any) -> dict[str, Any]:
        """Join a room; gives the acknowledgement."""
        self.say(b"421" + json.dumps(["join", said]).encode())
        return json.loads(await self._next())[0]

    def say(self, text: bytes) -> None:
        """Send a frame; its mask is zero, which leaves the text as it is."""
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.transport.write(b"\x81" + size + b"\0\0\0\0" + text)

    async def _next(self) -> bytes:
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._answer
        finally:
            self._answer = asyncio.get_running_loop().create_future()

    # ---- what it hears ----

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        key = b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{self.crowd.port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n{DEFLATE if self.crowd.deflate else ''}\r\n".encode()
        )

    def connection_lost(self, error: Exception | None) -> None:
        self.crowd.sockets.discard(self)
        if not self._answer.done():
            self._answer.set_exception(ConnectionResetError(f"the server hung up: {error}"))
            self._answer.exception()  # whoever waits gets it; nobody has to

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at, end, events = 0, len(data), 0
        if not self._upgraded:
            at = self._head(data)
        while end - at >= 2:
            start, stop = _payload(data, at)
            if stop > end:
                break
            if data.startswith(EVENT, start):
                events += 1
                if self.crowd.receipts is not None:
                    self.crowd.receipts.append((time.time(), data[start:stop]))
            else:
                self._packet(data[start:stop], data[at])
            at = stop
        self._rest = data[at:]
        if events:
            self.crowd.took(events)

    def _head(self, data: bytes) -> int:
        """Where the frames begin, once the answer to the upgrade is in."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self._fail(data)
            return len(data)
        self._upgraded = True
        return end + 4

    def _packet(self, text: bytes, first: int) -> None:
        if first & COMPRESSED:
            text = self._inflate.decompress(text + b"\0\0\xff\xff")
        if text == PING:
            self.say(b"3")
        elif text.startswith(OPEN):
            self.say(b"40" + json.dumps({"token": self.crowd.token}).encode())
        elif text.startswith(CONNECTED):
            self._answer.set_result(text)
        elif text.startswith(ACK):
            self._answer.set_result(text.removeprefix(ACK))
        elif text.startswith(REFUSED):
            self._fail(text)

    def _fail(self, said: bytes) -> None:
        self._answer.set_exception(ConnectionRefusedError(said[:500].decode(errors="replace")))
        self.transport.abort()


def _payload(data: bytes, at: int) -> tuple[int, int]:
    """Where the payload of the frame at `at` starts and stops; a server's frames have no mask."""
    size = data[at + 1]
    if size < 126:
        return at + 2, at + 2 + size
    wide = 2 if size == 126 else 8
    start = at + 2 + wide
    if start > len(data):
        return start, start  # the length itself is not all in: what it gives is behind the end
    return start, start + int.from_bytes(data[at + 2 : start], "big")


class Crowd:
    """Sockets of one person at one port, and how many events they were sent."""

    def __init__(self, port: int, token: str, *, deflate: bool = False, source: str = "") -> None:
        self.port, self.token, self.deflate, self.source = port, token, deflate, source
        self.sockets: set[Socket] = set()
        self.receipts: list[tuple[float, bytes]] | None = None  # when and what, while someone wants to know
        self._heard = 0
        self._expected = 0
        self._all: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        return len(self.sockets)

    async def come(self, count: int, **join: Any) -> list[dict[str, Any]]:
        """Connect so many more at once, each joining as soon as it is in; gives the acknowledgements."""
        return await asyncio.gather(*(self._enter(join) for _ in range(count)))

    async def _enter(self, join: dict[str, Any]) -> dict[str, Any]:
        opened = await self.open()
        if not join:
            return {}
        answer = await opened.join(**join)
        if not answer["ok"] or answer.get("reset"):
            raise ConnectionRefusedError(f"not joined: {answer}")
        return answer

    async def open(self, receive_buffer: int | None = None) -> Socket:
        """One more, in no room of its choice yet; with a small buffer the server soon feels that it does not read."""
        raw = socket.socket()
        if self.source:
            raw.bind((self.source, 0))
        if receive_buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        raw.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(raw, ("127.0.0.1", self.port))
        _, opened = await loop.create_connection(lambda: Socket(self), sock=raw)
        self.sockets.add(opened)
        await opened.connect()
        return opened

    async def go(self) -> None:
        """Hang up, all of them."""
        for one in self.sockets:
            one.transport.abort()
        while self.sockets:  # noqa: ASYNC110 - each says so when it is gone
            await asyncio.sleep(0.01)

    def took(self, events: int) -> None:
        self._heard += events
        if self._all is not None and self._heard >= self._expected and not self._all.done():
            self._all.set_result(None)

    def expect(self, events: int) -> asyncio.Future[None]:
        """Done when all sockets together have been sent so many events from now on."""
        self._heard, self._expected = 0, events
        self._all = asyncio.get_running_loop().create_future()
        return self._all

    async def all_heard(self) -> None:
        """Return when what was expected has come."""
        assert self._all is not None  # something was
        await self._all
