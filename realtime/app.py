"""The real-time engine of one web process: everything in this package, put together and mounted on the application."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from aiohttp import web
from pydantic import ValidationError
from socketio.exceptions import ConnectionRefusedError

from models.errors import RateLimited, Unauthorised
from realtime import frames, metrics, projects, proposals, records, signals  # noqa: F401 - domains' rooms register when imported
from realtime.bus import Bus
from realtime.caps import Tally
from realtime.connection import Connection
from realtime.credentials import admit
from realtime.delivery import Delivery
from realtime.engine import Limits
from realtime.follower import Follower
from realtime.frames import Frame
from realtime.join import Door
from realtime.lag import Lag
from realtime.messages import HANDLERS
from realtime.presence import Presence
from realtime.rights import Rights
from realtime.signals import Signals
from realtime.transport import Server
from server.config import Settings
from server.core import online
from server.core.announce import Entry, listen
from server.core.problems import as_app_error

GOODBYE_SECONDS = 2.0


def attach(app: web.Application, settings: Settings) -> Realtime:
    """Mount the sockets at /socket.io/ and run them as long as the application runs."""
    realtime = Realtime(settings)
    realtime.server.attach(app, socketio_path="socket.io")
    app.on_startup.append(realtime.start)
    app.on_shutdown.append(realtime.say_goodbye)
    app.on_cleanup.insert(0, realtime.stop)
    return realtime


class Realtime:
    """All live sockets of one process, and what keeps them in step with the log."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.connections: dict[str, Connection] = {}
        limits = Limits(
            settings.slow_client_lag_bytes, settings.slow_client_drained_bytes, settings.slow_client_most_bytes
        )
        self.server = Server(self, settings, limits)
        self.people = Tally(settings.sockets_per_user if settings.rate_limits == "on" else 0)
        self.bus = Bus(
            settings.redis_url, retry_seconds=settings.bus_retry_seconds, tick_seconds=settings.bus_tick_seconds
        )
        self.delivery = Delivery(self.server.eio.flush)
        self.follower = Follower(self.delivery, settings.room_poll_seconds, settings.room_poll_degraded_seconds)
        self.door = Door(self.follower, settings.rooms_per_socket)
        self.rights = Rights(self.door, lambda: list(self.connections.values()), settings.session_check_seconds)
        self.lag = Lag(self.door, settings.slow_client_seconds)
        self.presence = Presence(self.bus, settings.presence_lease_seconds)
        self.signals = Signals(self.bus, self.listeners)
        self._tasks: list[asyncio.Task[None]] = []
        self._unlisten: Callable[[], None] = lambda: None
        self._answered_before = online.people_in
        self._tie()

    def _tie(self) -> None:
        follower, bus = self.follower, self.bus
        follower.healthy = lambda: bus.healthy
        follower.on_ends, follower.on_reset = self.rights.act_on, self.rights.reset
        follower.on_open, follower.on_empty = bus.follow, bus.unfollow
        self.door.on_enter, self.door.on_leave = self.presence.entered, self.presence.left
        bus.on_entry = lambda entry: follower.feed([entry])
        bus.on_subscribed = lambda rooms: follower.look(*rooms)
        bus.on_signal, bus.on_health = self._on_signal, self._on_health

    # ---- its life ----

    async def start(self, app: web.Application) -> None:
        """Begin to follow, hear and tell."""
        loop = asyncio.get_running_loop()
        runs = (self.follower.run, self.bus.run, self.presence.run, self.rights.run, self._close_strangers)
        self._tasks = [loop.create_task(run(), name=f"realtime.{run.__qualname__}") for run in runs]
        self._unlisten = listen(self._on_commit)
        self._answered_before, online.people_in = online.people_in, self.presence.people_in

    async def say_goodbye(self, app: web.Application) -> None:
        """Tell every client that it is closed, so that it comes back elsewhere at once."""
        connections = list(self.connections.values())
        for connection in connections:
            connection.close("server_shutdown", come_back=True)
        await asyncio.gather(*(connection.closing(GOODBYE_SECONDS) for connection in connections))
        await asyncio.gather(*map(self.server.cut, self._strangers()))

    async def stop(self, app: web.Application) -> None:
        self._unlisten()
        online.people_in = self._answered_before
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.server.shutdown()

    # ---- what the log and the bus tell ----

    def _on_commit(self, entries: list[Entry]) -> None:
        self.follower.feed(entries)
        self.bus.publish(entries)
        self.delivery.hurry()

    def _on_signal(self, room: str, name: str, payload: str) -> None:
        if name == "presence":
            self.presence.heard(room)
        elif name == signals.NAME:
            self.signals.heard(room, payload)
        else:
            self.tell(room, frames.event(name, payload))

    def _on_health(self, healthy: bool) -> None:
        self.follower.look(*self.follower.rooms)
        for connection in self.connections.values():
            connection.emit("degraded", {"on": not healthy})

    def tell(self, room: str, frame: Frame) -> None:
        """Send the local members of a room something that is not logged."""
        for connection in self.listeners(room):
            connection.offer(frame)

    def listeners(self, room: str) -> Iterable[Connection]:
        """The connections that are in the room and follow it live."""
        followed = self.follower.rooms.get(room)
        members = followed.members.items() if followed else ()
        return [connection for connection, place in members if not place.silent and place.held is None]

    # ---- what the transport tells (transport.Owner) ----

    async def admit(self, sid: str, eio_sid: str, auth: Any) -> None:
        """Let a client in by its token, into its home rooms; raises what python-socketio sends as `connect_error`."""
        try:
            admitted = await admit(auth.get("token") if isinstance(auth, dict) else None)
            life = timedelta(seconds=self.settings.access_token_seconds)
            connection = Connection(self.server, sid, eio_sid, admitted, life, self.settings.token_grace_seconds)
            connection.on_lag, connection.before_send = self.lag.catch_up, self.delivery.settle
            await self._welcome(connection)
        except Unauthorised as error:
            code = "token_invalid" if error.code == "token_missing" else error.code
            raise ConnectionRefusedError(error.detail, {"code": code}) from None
        except Exception as error:
            refusal = as_app_error(error)
            raise ConnectionRefusedError(refusal.detail, {"code": refusal.code}) from None
        self.connections[sid] = connection
        metrics.SOCKETS.set(len(self.connections))

    async def _welcome(self, connection: Connection) -> None:
        if not self.people.take(_person(connection)):
            raise RateLimited("This account has too many connections open.", code="too_many_connections")
        try:
            connection.ready = await self.door.welcome(connection)
        except BaseException:
            self.people.give_back(_person(connection))
            raise

    def connected(self, sid: str) -> bool:
        """The client knows that it is connected: tell it where its rooms stand, and let events follow."""
        connection = self.connections[sid]
        if connection.closed or self.server.socket_of(connection.eio_sid) is None:  # it went while it was let in
            self.gone(sid)
            return False
        actor = connection.actor
        user = {"id": str(actor.id), "name": actor.name}
        connection.emit("ready", {"session": str(actor.session_id), "user": user, "rooms": connection.ready})
        for room in connection.ready:
            if not connection.is_in(room):  # lost before the client knew it had it
                connection.emit("room.reset", {"room": room, "code": "log_replaced"})
        if self.bus.url and not self.bus.healthy:
            connection.emit("degraded", {"on": True})
        connection.let_follow()
        connection.renew(connection.admitted)
        return True

    def gone(self, sid: str) -> None:
        """The client has left, or was made to."""
        connection = self.connections.pop(sid, None)
        if connection is None:
            return
        metrics.SOCKETS.set(len(self.connections))
        self.people.give_back(_person(connection))
        connection.hang_up()
        self.door.forget(connection)

    async def refuse(self, sid: str | None, eio_sid: str, code: str) -> None:
        """End a connection for what it sends; nothing more is read from a WebSocket while it takes its goodbye."""
        connection, socket = self.connections.get(sid or ""), self.server.socket_of(eio_sid)
        if socket is None:
            return
        if connection is None:
            metrics.CLOSED.labels(code).inc()
            await self.server.cut(socket)
            return
        connection.close(code)
        if socket.upgraded:
            await connection.closing(GOODBYE_SECONDS)

    async def received(self, sid: str, name: str, arguments: list[Any], ack: int | None) -> None:
        """Do what a client asks, one thing after the other, and acknowledge it."""
        connection = self.connections.get(sid)
        if connection is None or connection.closed:
            return
        if not connection.may_speak():
            connection.answer(ack, {"ok": False, "code": "rate_limited"})
            return
        if not connection.takes_more and not await self.lag.drained(connection):  # its answers are not piled up
            return
        async with connection.turn:
            if not connection.closed:
                connection.answer(ack, await self._handle(connection, name, arguments))

    async def _handle(self, connection: Connection, name: str, arguments: list[Any]) -> dict[str, Any]:
        handler = HANDLERS.get(name)
        if handler is None:
            return {"ok": False, "code": "unknown_message"}
        try:
            return await handler(self, connection, arguments[0] if arguments else None)
        except ValidationError:
            return {"ok": False, "code": "validation_failed"}
        except Unauthorised as error:
            connection.close(error.code)
            return {"ok": False, "code": error.code}
        except Exception as error:
            return {"ok": False, "code": as_app_error(error).code}

    def _strangers(self) -> list[Any]:
        return self.server.strangers({connection.eio_sid for connection in self.connections.values()})

    async def _close_strangers(self) -> None:
        """Close who has shown no token in time."""
        before: list[Any] = []
        while True:
            await asyncio.sleep(self.settings.socket_token_seconds / 2)  # looked at twice: nobody stays longer
            self.server.gate.addresses.sweep()
            strangers = self._strangers()
            for socket in strangers:
                if socket in before:
                    await self.server.cut(socket)
            before = strangers


def _person(connection: Connection) -> object:
    """Whose connections are counted together; a link's holders are many people."""
    actor = connection.actor
    return actor.id if actor.kind == "user" else connection
