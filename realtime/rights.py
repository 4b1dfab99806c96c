"""What a fact takes away from live sockets, acted on at its seq in every process; and the check of live sessions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from uuid import UUID

import asyncpg
import msgspec

from models.errors import AppError, Unauthorised
from realtime.connection import Connection
from realtime.credentials import admit
from realtime.join import Door
from realtime.places import Membership, Room
from realtime.rooms import may_read, own_room
from server.core.announce import Entry
from server.core.events import Ending
from server.core.pipeline import RoleChanged
from server.core.system import system_unit
from server.core.unit import unit_of_work

RETRY_SECONDS = 1.0
# The role's version where session, membership and team are all still there.
LIVE = """
SELECT n.session_id, n.member_id, m.role_version
FROM unnest($1::uuid[], $2::uuid[]) AS n(session_id, member_id)
JOIN auth_session s ON s.id = n.session_id AND s.ended_at IS NULL
JOIN app_user u ON u.id = s.user_id AND u.deactivated_at IS NULL
JOIN member m ON m.id = n.member_id AND m.user_id = s.user_id AND m.left_at IS NULL
JOIN team t ON t.id = m.team_id AND t.deleted_at IS NULL
"""
log = logging.getLogger(__name__)
_endings = msgspec.json.Decoder(list[Ending])


class Rights:
    """Keeps each live socket to what its actor may have at that moment."""

    def __init__(self, door: Door, connections: Callable[[], Iterable[Connection]], check_seconds: float) -> None:
        self.door = door
        self.connections = connections
        self.check_seconds = check_seconds
        self._rechecks: dict[Connection, asyncio.Task[None]] = {}
        self._due: set[Connection] = set()

    # ---- taken away by a fact ----

    def act_on(self, room: Room, entry: Entry) -> None:
        """Carry out what an entry takes away, before it or anything after it reaches those who lose it."""
        for ending in _endings.decode(entry.ends or "[]"):
            for membership in list(room.members.values()):
                if _concerns(ending, membership.connection):
                    self._end(membership, ending, entry.seq)

    def _end(self, membership: Membership, ending: Ending, seq: int) -> None:
        connection, room = membership.connection, membership.room
        if seq <= membership.after:  # let in after that fact: it was known when the right was asked
            return
        if ending.recheck:
            if ending.role_version is None or ending.role_version > connection.role_version:
                self.recheck(connection)
        elif room.name == own_room(connection.actor):
            connection.close(ending.code)
        elif not membership.epoch:
            membership.ended_at = seq  # still being let in: the snapshot decides whether it knew of this
        elif ending.disconnects:
            connection.close(ending.code)
        else:
            self.door.close(membership, ending.code, seq)

    def reset(self, room: Room, gone: list[Membership], code: str) -> None:
        """The log cannot bring these members to where the room is now: they start again from the snapshot."""
        for membership in gone:
            if not membership.silent:
                self.door.reset(membership, code)
            if room.name == own_room(membership.connection.actor):  # followed on, from here
                membership.after, membership.epoch = room.cursor or 0, room.epoch
                self.recheck(membership.connection)

    # ---- asked again ----

    def recheck(self, connection: Connection) -> None:
        """Authorise the connection again; its rooms wait meanwhile and it loses those it may not have."""
        if connection.closed:
            return
        connection.pause()
        self._due.add(connection)
        if connection not in self._rechecks:
            self._rechecks[connection] = asyncio.get_running_loop().create_task(self._recheck(connection))

    async def _recheck(self, connection: Connection) -> None:
        try:
            async with connection.turn:  # no room is being entered meanwhile
                while connection in self._due and not connection.closed:
                    self._due.discard(connection)
                    await self._ask(connection)
        finally:
            del self._rechecks[connection]
            self._due.discard(connection)

    async def _ask(self, connection: Connection) -> None:
        try:
            allowed = await self._still_allowed(connection)
        except Unauthorised as error:
            connection.close(error.code)
        except RoleChanged:
            self._due.add(connection)
        except (AppError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            log.warning("a connection's rights cannot be asked: %s", error)
            self._due.add(connection)
            await asyncio.sleep(RETRY_SECONDS)
        else:
            if connection not in self._due:  # another fact came after this snapshot: once more
                self._go_on(connection, allowed)

    async def _still_allowed(self, connection: Connection) -> set[str]:
        connection.admitted = await admit(connection.admitted.token, fresh=True)
        async with unit_of_work(connection.actor, read_only=True, snapshot=True):
            return {name for name in list(connection.rooms) if await may_read(connection.actor, name)}

    def _go_on(self, connection: Connection, allowed: set[str]) -> None:
        connection.role_version = connection.actor.role_version
        for name, membership in list(connection.rooms.items()):
            if name not in allowed and not membership.silent:
                self.door.close(membership, "permission_denied")
        connection.go_on()

    # ---- the backstop ----

    async def run(self) -> None:
        """Compare the live sockets with the sessions once a minute; ends only by being cancelled."""
        while True:
            await asyncio.sleep(self.check_seconds)
            try:
                await self.check()
            except (AppError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("the live sessions cannot be checked: %s", error)
            except Exception:
                log.exception("the check of live sessions failed and goes on")

    async def check(self) -> None:
        """Close every socket whose session, membership or team has ended; ask again where the role has changed."""
        asked = [c for c in self.connections() if c.actor.kind == "user" and c.actor.session_id.int]
        if not asked:
            return
        async with system_unit(read_only=True) as unit:
            rows = await unit.conn.fetch(LIVE, [c.actor.session_id for c in asked], [c.actor.member_id for c in asked])
        found: dict[tuple[UUID, UUID], int] = {(r["session_id"], r["member_id"]): r["role_version"] for r in rows}
        for connection in asked:
            version = found.get((connection.actor.session_id, connection.actor.member_id))
            if version is None:
                connection.close("token_revoked")
            elif version != connection.role_version:
                self.recheck(connection)


def _concerns(ending: Ending, connection: Connection) -> bool:
    actor = connection.actor
    return (ending.user_id is None or ending.user_id == actor.id) and (
        ending.session_id is None or ending.session_id == actor.session_id
    )
