"""The unit of work: one transaction, as one team, whose events are its last statement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, cast
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
    """One open transaction and what it has to do at its end."""

    __slots__ = ("actor", "address", "after_commit", "conn", "entries", "events", "read_only", "request_id")

    def __init__(self, conn: asyncpg.Connection, actor: Actor | None, read_only: bool, request_id: str, address: str):
        self.conn = conn
        self.actor = actor
        self.read_only = read_only
        self.request_id = request_id
        self.address = address
        self.events: list[Recorded] = []
        self.entries: list[Entry] = []
        self.after_commit: list[AfterCommit] = []


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
    text = (
        f"BEGIN {isolation}{' READ ONLY' if read_only else ''};SET LOCAL ROLE mediaflow_team;"
        f"SET LOCAL app.team_id='{UUID(str(actor.team_id))}'"
    )
    if actor.kind == "user" and actor.session_id.int:
        text += f";SELECT authorise('{actor.session_id}','{actor.member_id}',{int(actor.role_version)})"
    return text


@asynccontextmanager
async def unit_of_work(
    actor: Actor,
    *,
    read_only: bool = False,
    snapshot: bool = False,
    request_id: str = "",
    address: str = "",
    target: UUID | None = None,
    if_match: frozenset[int] | None = None,
) -> AsyncIterator[Unit]:
    """Open a transaction as the actor's team; commit at the end, roll back on any exception.

    `snapshot` asks for REPEATABLE READ: every read sees the same instant. Raises `Unauthorised` (token_revoked) and
    `RoleChanged` when the actor's token no longer holds, `Unavailable` when the database cannot be reached.
    """
    isolation = "ISOLATION LEVEL REPEATABLE READ" if snapshot else ""
    begin = begin_as_team(actor, read_only=read_only, isolation=isolation)
    async with open_unit(begin, actor, read_only, request_id, address, target, if_match) as unit:
        yield unit


@asynccontextmanager
async def open_unit(
    begin: str,
    actor: Actor | None,
    read_only: bool,
    request_id: str,
    address: str,
    target: UUID | None = None,
    if_match: frozenset[int] | None = None,
) -> AsyncIterator[Unit]:
    """The mechanism under `unit_of_work` and `system_unit`; use those."""
    conn = await _acquire()
    unit = Unit(conn, actor, read_only, request_id, address)
    healthy = False
    bound = work_token = unit_token = None
    try:
        await _begin(conn, begin)
        bound, work_token, unit_token = database.bind(conn), work.set(Work(conn, target, if_match)), _current.set(unit)
        yield unit
        if unit.events:
            unit.entries = await hooks.append_events(unit)
        await _commit(conn)
        healthy = True
    except BaseException:
        healthy = await _roll_back(conn)
        raise
    finally:
        if unit_token is not None:
            _current.reset(unit_token)
            work.reset(work_token)  # type: ignore[arg-type]  # set together with unit_token
            database.unbind(bound)
        await _release(conn, healthy)
    if unit.entries:
        hooks.announce(unit.entries)
    for action in unit.after_commit:
        action()


async def _acquire() -> asyncpg.Connection:
    try:
        return cast(asyncpg.Connection, await database.pool.acquire(timeout=ACQUIRE_SECONDS))
    except (TimeoutError, OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
        raise database_away() from error
    except asyncpg.TooManyConnectionsError as error:
        raise database_away() from error
    except asyncpg.InterfaceError as error:
        raise database_away() from error


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


async def _commit(conn: asyncpg.Connection) -> None:
    status = await conn.execute("COMMIT")
    if status != "COMMIT":  # a failed statement was swallowed by someone: PostgreSQL answers ROLLBACK
        raise RuntimeError("the transaction had failed before its commit")


async def _roll_back(conn: asyncpg.Connection) -> bool:
    """End the transaction; False when the connection is not to be used again."""
    if conn.is_closed():
        return False
    try:
        async with asyncio.timeout(2):
            await asyncio.shield(conn.execute("ROLLBACK"))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError, asyncio.CancelledError):
        return False
    return True


async def _release(conn: asyncpg.Connection, healthy: bool) -> None:
    if not healthy:
        conn.terminate()
    await database.pool.release(conn)
