"""The Engine.IO server: its connections are ours, and one heart beats for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import engineio

from realtime import frames
from realtime.frames import Frame, Json
from realtime.gate import FULL, Gate
from realtime.sockets import Socket

BEAT_SECONDS = 1.0
BEAT_CHUNK = 500


@dataclass(frozen=True)
class Limits:
    """Bytes that may wait for a client: beyond `lag` no live events until `drained`, beyond `most` it is cut."""

    lag: int = 64 * 1024
    drained: int = 16 * 1024
    most: int = 1024 * 1024


class Engine(engineio.AsyncServer):
    """The Engine.IO server."""

    limits = Limits()
    gate: Gate
    refuse: Callable[[str, str], Awaitable[None]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._due: list[Socket] = []

    def create_queue(self, *args: Any, **kwargs: Any) -> None:
        """The library gives each connection a queue; ours have none."""

    def _get_socket(self, sid: str) -> Socket:
        """Also one that has ended, as long as it is there: the library's own raises, which a POST ends in a 500."""
        return self.sockets[sid]

    async def _handle_connect(self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None) -> Any:
        """The library's own, except for the class of the connection."""
        if self.start_service_task:
            self.start_service_task = False
            self.service_task_handle = self.start_background_task(self._service_task)
        sid = self.generate_id()
        if not self.gate.lets_in(environ, sid):
            return FULL
        socket = self.sockets[sid] = Socket(self, sid)
        socket.put(self._opening(sid, transport))
        await self._trigger_event("connect", sid, environ, run_async=False)
        if transport == "websocket":
            try:
                return await socket.handle_get_request(environ)
            finally:
                await socket.close(wait=False, abort=True)
                self.sockets.pop(sid, None)
        socket.connected = True
        return self._ok(await socket.poll(), jsonp_index=jsonp_index)

    def _opening(self, sid: str, transport: str) -> Frame:
        terms = {
            "sid": sid,
            "upgrades": self._upgrades(sid, transport),
            "pingTimeout": int(self.ping_timeout * 1000),
            "pingInterval": int(self.ping_interval * 1000),
            "maxPayload": self.max_http_buffer_size,
        }
        return frames.packet("0" + Json.dumps(terms))

    async def _service_task(self) -> None:
        """The heart of all connections; ends with the server."""
        self.service_task_event = stopped = asyncio.Event()
        while not stopped.is_set():
            await self._beat()
            try:
                async with asyncio.timeout(BEAT_SECONDS):
                    await stopped.wait()
            except TimeoutError:
                continue

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        for n, socket in enumerate(list(self.sockets.values())):
            await _beat(socket, loop.time())
            if n % BEAT_CHUNK == BEAT_CHUNK - 1:
                await asyncio.sleep(0)

    # ---- writing ----

    def flush_soon(self, socket: Socket) -> None:
        """Write what is due to the connection at the end of this turn of the loop."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self.flush)
        self._due.append(socket)

    def flush(self) -> None:
        """Write what is due to all connections, in one piece each."""
        due, self._due = self._due, []
        for socket in due:
            socket.flush()


async def _beat(socket: Socket, at: float) -> None:
    """Ping a connection when it is time, and end one that has not answered or not gone."""
    if at < socket.beat_at:
        return
    if not socket.pinged and not socket.hung_up:
        socket.pinged = True
        socket.beat_at = at + socket.server.ping_timeout
        socket.put(frames.PING)
        return
    await socket.close(wait=False, abort=True, reason=socket.server.reason.PING_TIMEOUT)
    socket.abort()
