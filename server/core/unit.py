"""The unit of work: one transaction, as one team, whose events are its last statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self, cast
from uuid import UUID

import asyncpg

from models.actors import Actor
from models.db import Work, work
from models.errors import Unauthorised, Unavailable
from server.core.database import ACQUIRE_SECONDS, database

if TYPE_CHECKING:
    from server.core.announce import Entry
    from server.core.events import Recorded

AfterCommit = Callable[[], None]


class RoleChanged(Exception):
    """The token was issued for an earlier role: the edge loads the present one and tries again."""


class Unit:
    """One transaction and what it has to do at its end: `async with` opens it; see `unit_of_work`."""

    __slots__ = (
        "_begin_text",
        "_tokens",
        "actor",
        "address",
        "after_commit",
        "conn",
        "entries",
        "events",
        "if_match",
        "read_only",
        "request_id",
        "target",
    )
    conn: asyncpg.Connection

    def __init__(
        self,
        begin: str,
        actor: Actor | None,
        *,
        read_only: bool = False,
        request_id: str = "",
        address: str = "",
        target: UUID | None = None,
        if_match: frozenset[int] | None = None,
    ) -> None:
        self._begin_text = begin
        self.actor = actor
        self.read_only = read_only
        self.request_id = request_id
        self.address = address
        self.target, self.if_match = target, if_match
        self.events: list[Recorded] = []
        self.entries: list[Entry] = []
        self.after_commit: list[AfterCommit] = []

    async def __aenter__(self) -> Self:
        self.conn = await _acquire()
        try:
            await _begin(self.conn, self._begin_text)
        except BaseException:
            await self._end(await _roll_back(self.conn))
            raise
        self._tokens = work.set(Work(self.conn, self.target, self.if_match)), _current.set(self)
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        healthy = False
        try:
            if error is None:
                await self._commit()
                healthy = True
        finally:
            healthy = healthy or await _roll_back(self.conn)
            work.reset(self._tokens[0])
            _current.reset(self._tokens[1])
            await self._end(healthy)
        if error is None:
            self._tell()

    async def _commit(self) -> None:
        if self.events:
            self.entries = await hooks.append_events(self)
        status = await self.conn.execute("COMMIT")
        if status != "COMMIT":  # a failed statement was swallowed by someone: PostgreSQL answers ROLLBACK
            raise RuntimeError("the transaction had failed before its commit")

    async def _end(self, healthy: bool) -> None:
        if not healthy:
            self.conn.terminate()
        await database.pool.release(self.conn)

    def _tell(self) -> None:
        if self.entries:
            hooks.announce(self.entries)
        for action in self.after_commit:
            action()


_current: ContextVar[Unit] = ContextVar("unit")


class Hooks:
    """What `events.py` and `announce.py` do at a unit's end; they import the unit, so the unit cannot import them."""

    append_events: Callable[[Unit], Awaitable[list[Entry]]]
    announce: Callable[[list[Entry]], None]


hooks = Hooks()


def current() -> Unit:
    """The unit of work of this task. Raises `LookupError` outside one."""
    return _current.get()


def begin_as_team(actor: Actor, *, read_only: bool, isolation: str = "") -> str:
    """The one message that begins a transaction as the actor's team and checks the actor's token in its snapshot."""
    token = None
    if actor.kind == "user" and actor.session_id.int:
        token = (actor.session_id, actor.member_id, actor.role_version)
    return _begin_text(actor.team_id, token, read_only, isolation)


@lru_cache(maxsize=4096)
def _begin_text(team_id: UUID, token: tuple[UUID, UUID, int] | None, read_only: bool, isolation: str) -> str:
    text = (
        f"BEGIN {isolation}{' READ ONLY' if read_only else ''};SET LOCAL ROLE mediaflow_team;"
        f"SET LOCAL app.team_id='{UUID(str(team_id))}'"
    )
    if token is not None:
        session_id, member_id, role_version = token
        text += f";SELECT authorise('{UUID(str(session_id))}','{UUID(str(member_id))}',{int(role_version)})"
    return text


def unit_of_work(actor: Actor, *, read_only: bool = False, snapshot: bool = False, **request: Any) -> Unit:
    """Open a transaction as the actor's team (`async with`); commit at the end, roll back on any exception.

    `snapshot` asks for REPEATABLE READ: every read sees the same instant. `request` is what the edge knows:
    `request_id`, `address`, `target` and `if_match`. Raises `Unauthorised` (token_revoked) and `RoleChanged` when the
    actor's token no longer holds, `Unavailable` when the database cannot be reached.
    """
    isolation = "ISOLATION LEVEL REPEATABLE READ" if snapshot else ""
    return Unit(begin_as_team(actor, read_only=read_only, isolation=isolation), actor, read_only=read_only, **request)


AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
)


async def _acquire() -> asyncpg.Connection:
    pool = database.pool
    try:
        # Waiting with a bound costs a task; an idle connection is there at once.
        conn = await (pool.acquire() if pool.get_idle_size() else pool.acquire(timeout=ACQUIRE_SECONDS))
    except (*AWAY, asyncpg.TooManyConnectionsError) as error:
        raise database_away() from error
    return cast(asyncpg.Connection, conn)


def database_away() -> Unavailable:
    """The 503 for a database that cannot be reached, or was lost during a commit (outcome unknown)."""
    return Unavailable("The database cannot be reached right now.", code="database_unavailable")


def sqlstate(error: asyncpg.PostgresError) -> str:
    """The five characters; asyncpg sets them per instance, which its stubs do not say."""
    return str(getattr(error, "sqlstate", ""))


async def _begin(conn: asyncpg.Connection, begin: str) -> None:
    try:
        await conn.execute(begin)
    except asyncpg.PostgresError as error:
        if sqlstate(error) == "MF401":
            raise Unauthorised("This session has ended; sign in again.", code="token_revoked") from None
        if sqlstate(error) == "MF403":
            raise RoleChanged from None
        raise


async def _roll_back(conn: asyncpg.Connection) -> bool:
    """End the transaction; False when the connection is not to be used again."""
    if conn.is_closed():
        return False
    try:
        async with asyncio.timeout(2):
            await asyncio.shield(conn.execute("ROLLBACK"))
    except (*AWAY, asyncpg.PostgresError, asyncio.CancelledError):
        return False
    return True
