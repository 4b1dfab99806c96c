"""Clients that take events more slowly than they come: served from the log, in order, as fast as they drain."""

from __future__ import annotations

import asyncio
import logging

import asyncpg

from models.errors import AppError, Unauthorised
from realtime import frames, metrics
from realtime.connection import Connection
from realtime.credentials import admit
from realtime.join import Door
from realtime.places import Membership
from realtime.rooms import may_read
from server.core.announce import Entry
from server.core.log import since
from server.core.pipeline import RoleChanged
from server.core.unit import unit_of_work

RETRY_SECONDS = 0.5
log = logging.getLogger(__name__)


class Lag:
    """Brings lagging connections back to live; who does not drain in time is cut and resumes by `join {after}`."""

    def __init__(self, door: Door, patience: float) -> None:
        self.door = door
        self.patience = patience
        self._tasks: set[asyncio.Task[None]] = set()

    def catch_up(self, connection: Connection) -> None:
        """Called when a connection begins to lag."""
        metrics.LAGGED.inc()
        task = asyncio.get_running_loop().create_task(self._catch_up(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _catch_up(self, connection: Connection) -> None:
        while connection.lagging and not connection.closed:
            if not await self.drained(connection):
                return
            try:
                async with connection.turn:
                    await self._send_some(connection)
            except Unauthorised as error:
                connection.close(error.code)
            except (AppError, RoleChanged, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("a slow client cannot be served from the log: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("a slow client cannot be served at all: it is cut, and resumes by itself")
                connection.abort()

    async def drained(self, connection: Connection) -> bool:
        """Wait until the client has taken nearly everything it was sent; False when it does not, and was cut."""
        try:
            async with asyncio.timeout(self.patience):
                await connection.drained()
        except TimeoutError:
            connection.abort()
            return False
        return True

    async def _send_some(self, connection: Connection) -> None:
        """One room's next entries. When no room has any, the connection is live: nothing is awaited before that."""
        behind = [m for m in connection.rooms.values() if m.is_behind]
        if not behind:
            connection.lagging = False
            return
        membership = behind[0]
        entries = await self._read(connection, membership)
        if connection.rooms.get(membership.room.name) is not membership or membership.silent:
            return
        if entries is None:
            self.door.close(membership, "permission_denied")
        elif not entries or entries[0].seq != membership.after + 1:
            self.door.reset(membership, "log_trimmed")
        else:
            for entry in entries:
                connection.send(frames.event(entry.type, entry.text))
                membership.after = entry.seq
                if not connection.takes_more:
                    return

    async def _read(self, connection: Connection, membership: Membership) -> list[Entry] | None:
        try:
            return await self._read_as(connection, membership)
        except RoleChanged:
            connection.admitted = await admit(connection.admitted.token, fresh=True)
            return await self._read_as(connection, membership)

    async def _read_as(self, connection: Connection, membership: Membership) -> list[Entry] | None:
        room, epoch, after, upto = membership.room, membership.epoch, membership.after, membership.room.cursor or 0
        async with unit_of_work(connection.actor, read_only=True, snapshot=True):
            if await may_read(connection.actor, room.name):
                return await since(room.name, epoch, after, upto)
            return None
