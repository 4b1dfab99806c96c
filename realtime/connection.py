"""One live socket: who it is, how long its token lives, what it is sent, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from models.actors import Actor
from models.clock import now
from realtime import frames, metrics
from realtime.caps import Bucket
from realtime.credentials import Pass
from realtime.frames import Frame, Json
from realtime.sockets import Shortcut
from realtime.transport import Server

if TYPE_CHECKING:
    from realtime.places import Membership

RENEW_AT = 0.8
GOODBYE_SECONDS = 1.0


class Connection:
    """The one owner of a socket. Nothing else writes to it, so that what it is sent keeps its order."""

    def __init__(self, server: Server, sid: str, eio_sid: str, admitted: Pass, life: timedelta, grace: float) -> None:
        self.server = server
        self.sid = sid
        self.eio_sid = eio_sid
        self.admitted = admitted
        self.life = life
        self.grace = grace
        self.loop = asyncio.get_running_loop()
        self.rooms: dict[str, Membership] = {}
        self.ready: dict[str, dict[str, object]] = {}
        self.entering: list[Membership] = []  # rooms whose events wait until the answer that names them has gone out
        self.lagging = False
        self.on_lag: Callable[[Connection], None] = lambda connection: None
        self.before_send: Callable[[Connection], None] = lambda connection: None
        self.turn = asyncio.Lock()  # one message, or one look at its rights, at a time
        self.paused = False
        self.role_version = admitted.actor.role_version  # the one by which its rooms were last asked
        self.closed = False
        self.messages = Bucket(50, 500, self.loop.time())
        self.refusals = Bucket(5, 200, self.loop.time())
        self.signals = Bucket(10, 20, self.loop.time())
        self.cursors = Bucket(30, 60, self.loop.time())
        self.reads = Bucket(10, 250, self.loop.time())  # joins and what else asks the database or Redis
        self._socket = server.socket_of(eio_sid)
        self.shortcut = Shortcut() if self._socket is None else self._socket.shortcut
        self._timer: asyncio.TimerHandle | None = None  # of its token's life
        self._goodbye: asyncio.Task[None] | None = None

    @property
    def actor(self) -> Actor:
        return self.admitted.actor

    def is_in(self, room: str) -> bool:
        """Whether it is in the room, and not only to hear what becomes of it."""
        place = self.rooms.get(room)
        return place is not None and not place.silent

    # ---- what it is sent ----

    def send(self, frame: Frame) -> None:
        """Send something to this client alone, behind all that it is to get already; never waits."""
        if not self.closed and self._socket is not None:
            self.before_send(self)
            self._socket.put(frame)

    def offer(self, frame: Frame, alone: bool = False) -> bool:
        """Send live events; False when the client lags and has to be served from the log."""
        if self.lagging or self.closed or self._socket is None:
            return False
        if self._socket.offer(frame, alone):
            return True
        self.fall_behind()
        return False

    def fall_behind(self) -> None:
        """From now on the client is served from the log, until it has all that its rooms have been told."""
        if not self.lagging and not self.closed:
            self.lagging, self.shortcut.transport = True, None
            self.on_lag(self)

    @property
    def takes_more(self) -> bool:
        """Whether a lagging client may be sent more from the log."""
        return self._socket is not None and self._socket.buffered <= self.server.limits.lag

    async def drained(self) -> None:
        """Wait until the client has taken nearly everything it was sent, or is gone."""
        if self._socket is not None:
            await self._socket.drained()

    def emit(self, name: str, payload: dict[str, Any]) -> None:
        self.send(frames.event(name, Json.dumps(payload)))

    def answer(self, ack: int | None, payload: dict[str, Any]) -> None:
        """Acknowledge a message, then let the events follow that had to wait for it."""
        if ack is not None:
            self.send(frames.message(f"3{ack}[{Json.dumps(payload)}]"))
        self.let_follow()

    def let_follow(self) -> None:
        entering, self.entering = self.entering, []
        if not self.paused:
            self._release(entering)

    def pause(self) -> None:
        """Keep the events of all rooms until `go_on`."""
        self.before_send(self)
        self.paused = True
        for membership in self.rooms.values():
            membership.hold()

    def go_on(self) -> None:
        self.paused = False
        self._release([m for m in self.rooms.values() if m.epoch and m not in self.entering])

    def _release(self, memberships: list[Membership]) -> None:
        for membership in memberships:
            if self.rooms.get(membership.room.name) is membership:  # it may have ended meanwhile
                membership.release()

    def may_speak(self) -> bool:
        """Whether the socket keeps to its limit of messages; one that goes on is closed."""
        if self.messages.take(self.loop.time()):
            return True
        if not self.refusals.take(self.loop.time()):
            self.close("rate_limited")
        return False

    # ---- its token's life ----

    def renew(self, admitted: Pass) -> None:
        """Live on with this token: warn at 80 % of its life, end when its grace is over."""
        self.admitted = admitted
        self.stop_timer()
        if admitted.expires_at is not None:
            warn_in = self._left() - (1 - RENEW_AT) * self.life.total_seconds()
            self._timer = self.loop.call_later(max(0.0, warn_in), self._warn)

    def _left(self) -> float:
        """Seconds of its token's life, which has an end."""
        assert self.admitted.expires_at is not None
        return (self.admitted.expires_at - now()).total_seconds()

    def _warn(self) -> None:
        left = self._left()
        self._timer = self.loop.call_later(max(0.0, left + self.grace), self.close, "token_expired")
        self.emit("auth.expiring", {"in": max(0, round(left))})

    def stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ---- its way out ----

    def close(self, code: str, *, come_back: bool = False) -> None:
        """Say why, then disconnect; no event follows the word `closed`.

        Official clients connect again by themselves when only the transport ends (`come_back`), and stay away when they
        are told to disconnect.
        """
        if self.closed:
            return
        metrics.CLOSED.labels(code).inc()
        self.emit("closed", {"code": code})
        self.closed, self.shortcut.transport = True, None
        self._goodbye = self.loop.create_task(self._leave(come_back))

    async def _leave(self, come_back: bool) -> None:
        """Disconnect; a client that does not even take the goodbye is cut."""
        if self._socket is None:
            return
        if come_back:
            await self.server.end(self._socket)
        else:
            await self.server.disconnect(self.sid)
        await self.server.flushed(self._socket, GOODBYE_SECONDS)
        await self.server.cut(self._socket)

    def hang_up(self) -> None:
        """End the transport behind the last frame: a long poll that still waits is answered, a WebSocket closed."""
        self.closed = True
        self.stop_timer()
        if self._socket is not None:
            self._socket.hang_up()

    async def closing(self, seconds: float) -> None:
        """Wait until the goodbye has gone out, but not longer."""
        if self._goodbye is not None:
            await asyncio.wait([self._goodbye], timeout=seconds)

    def abort(self) -> None:
        """Cut a client that does not take what it is sent, and free what waits for it."""
        if self.closed or self._socket is None:
            return
        self.closed = True
        self._socket.overflow()
