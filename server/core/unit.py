"""The unit of work: one transaction, as one team, whose events are its last statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Token
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import asyncpg

from models.actors import Actor
from models.db import Work, work
from models.errors import AppError, Unavailable
from server.core.database import ACQUIRE_SECONDS, database
from server.core.pipeline import Connection, message

if TYPE_CHECKING:
    from server.core.announce import Entry
    from server.core.events import Recorded
    from server.core.idempotency import Kept

AfterCommit = Callable[[], None]


class Unit(Work):
    """One transaction and what it has to do at its end: `async with` opens it; see `unit_of_work`."""

    __slots__ = (
        "_begin",
        "_enter",
        "_may_be_alone",
        "_token",
        "actor",
        "address",
        "after_commit",
        "entries",
        "events",
        "has_ended",
        "hopeful",
        "kept",
        "may_be_whole",
        "read_only",
        "request_id",
    )
    conn: Connection
    _token: Token[Work]

    def __init__(
        self,
        enter: bytes,
        actor: Actor | None,
        *,
        read_only: bool = False,
        snapshot: bool = False,
        request_id: str = "",
        address: str = "",
        target: UUID | None = None,
        if_match: frozenset[int] | None = None,
    ) -> None:
        self._begin, self._enter = BEGIN[read_only, snapshot], enter
        self._may_be_alone = read_only and not snapshot
        self.target, self.if_match = target, if_match
        self.actor = actor
        self.read_only = read_only
        self.request_id = request_id
        self.address = address
        # What the edge says of it: see `Route.whole` and `idempotency.py`.
        self.may_be_whole = self.hopeful = False
        self.kept: Kept | None = None
        self.has_ended = False
        self.events: list[Recorded] = []
        self.entries: list[Entry] = []
        self.after_commit: list[AfterCommit] = []

    async def __aenter__(self) -> Self:
        self.conn = database.pool.take() or await _acquire()
        self.conn.begin(self._begin, self._enter, may_be_alone=self._may_be_alone)
        self._token = work.set(self)
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        is_over = self.has_ended or (self.read_only and self.conn.has_begun)
        if error is None and is_over and self.conn.is_settled:
            if not self.has_ended:
                self._leave()
            self._give_back()
            self._tell()
            return
        clean = False
        try:
            clean = await self._end(error) and self.conn.is_settled
        finally:
            if not self.has_ended:
                self._leave()
            if not clean and not await _roll_back(self.conn):
                self.conn.terminate()
            self._give_back()
        if error is None or self.has_ended:
            self._tell()

    def _give_back(self) -> None:
        self.conn.forget()  # whoever has it next is not this team
        database.pool.release(self.conn)

    def _leave(self) -> None:
        work.reset(self._token)

    @property
    def may_end(self) -> bool:
        """Whether a statement that comes now may be all that is left to do."""
        return self.may_be_whole and not self.events

    async def whole(self, query: str, *args: Any) -> list[Any]:
        """The rows of a statement that is all this unit writes, committed in the same trip: the unit has ended with it.

        A statement that gives no rows must have written nothing; the unit then begins anew.
        """
        self.may_be_whole = False
        rows = await self.conn.fetch_and_commit(query, *args)
        if rows:
            self.has_ended = True
            self._leave()
        else:
            self.conn.begin(self._begin, self._enter)
        return rows

    def expected(self, id: UUID) -> frozenset[int] | None:
        """The versions of this record that the request's `If-Match` names, or None: any."""
        return self.if_match if self.target == id else None

    async def _end(self, error: BaseException | None) -> bool:
        """Whether the transaction has ended well, or may be left for the connection's next one to end."""
        if self.has_ended:
            return True
        if error is None and not self.read_only:
            await self._commit()
        elif error is None or isinstance(error, AppError):
            await self.conn.flush()  # who has asked nothing of the database has not had their token checked yet
        return error is None or (self.read_only and isinstance(error, AppError))

    async def _commit(self) -> None:
        if self.events:
            self.entries = await hooks.append_and_commit(self)
        else:
            await self.conn.commit()

    def _tell(self) -> None:
        if self.entries:
            hooks.announce(self.entries)
        for action in self.after_commit:
            action()


class Hooks:
    """What `events.py` and `announce.py` do at a unit's end; they import the unit, so the unit cannot import them."""

    append_and_commit: Callable[[Unit], Awaitable[list[Entry]]]
    announce: Callable[[list[Entry]], None]


hooks = Hooks()


def current() -> Unit:
    """The unit of work of this task. Raises `LookupError` outside one."""
    unit = work.get()
    assert isinstance(unit, Unit)  # nothing else opens one
    return unit


# By (read only, snapshot).
BEGIN = {
    (False, False): message("mf_begin"),
    (True, False): message("mf_begin_read"),
    (False, True): message("mf_begin_snapshot"),
    (True, True): message("mf_begin_read_snapshot"),
}


def as_team(actor: Actor, *, read_only: bool) -> bytes:
    """The message that enters the actor's team and checks the actor's token."""
    found = actor.made.get(("enter", read_only))
    if found is None:
        has_token = actor.kind == "user" and actor.session_id.int
        token = (actor.session_id, actor.member_id, actor.role_version) if has_token else (None, None, None)
        found = actor.made["enter", read_only] = message("mf_enter", actor.team_id, *token, read_only)
    return found


def unit_of_work(actor: Actor, *, read_only: bool = False, snapshot: bool = False, **request: Any) -> Unit:
    """Open a transaction as the actor's team (`async with`); commit at the end, roll back on any exception.

    `snapshot` asks for REPEATABLE READ: every read sees the same instant. `request` is what the edge knows:
    `request_id`, `address`, `target` and `if_match`. Raises `Unavailable` when the database cannot be reached; from
    its first statement, or at its end when there was none, `Unauthorised` (token_revoked) and `RoleChanged` when the
    actor's token no longer holds.
    """
    return Unit(as_team(actor, read_only=read_only), actor, read_only=read_only, snapshot=snapshot, **request)


AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
)


async def _acquire() -> Connection:
    try:
        return await database.pool.acquire(ACQUIRE_SECONDS)
    except (*AWAY, asyncpg.TooManyConnectionsError) as error:
        raise database_away() from error


def database_away() -> Unavailable:
    """The 503 for a database that cannot be reached, or was lost during a commit (outcome unknown)."""
    return Unavailable("The database cannot be reached right now.", code="database_unavailable")


async def _roll_back(conn: Connection) -> bool:
    """End the transaction; False when the connection is not to be used again."""
    conn.forget()
    if conn.is_closed():
        return False
    if conn.is_settled and not conn.is_in_transaction():
        return True
    try:
        async with asyncio.timeout(2):
            await asyncio.shield(conn.execute("ROLLBACK"))
    except (*AWAY, asyncpg.PostgresError, asyncio.CancelledError):
        return False
    return True
