"""asyncpg's connection, with statements that need no answer of their own sent ahead of one that does.

A trip to PostgreSQL costs more than what most statements do there. Beginning a transaction, entering a team, keeping an
answer and committing give no rows; their messages (the extended query protocol's Bind and Execute, without a Sync) ride
in the write of a neighbouring statement, and asyncpg reads their completions as part of its answer. When one of them
fails, PostgreSQL skips the rest up to the Sync, and the statement that they travelled with raises the error.

Protocol: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY (Pipelining).
`tests/core/test_pipeline.py` fails when asyncpg moves one of the seams: that it makes its connections with
`asyncpg.protocol.Protocol`, that a bound statement is one `write` that ends in a Sync, and that BindComplete and
CommandComplete before or behind its own are skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import pack
from typing import Any

import asyncpg
from asyncpg import protocol

from models.errors import Unauthorised

SYNC = b"S\0\0\0\4"
COMMAND_SECONDS = 15.0
# What may travel, by the name under which each connection has prepared it; none of them gives rows.
STATEMENTS = {
    "mf_commit": "COMMIT",
    "mf_begin": "BEGIN",
    "mf_begin_read": "BEGIN READ ONLY",
    "mf_begin_snapshot": "BEGIN ISOLATION LEVEL REPEATABLE READ",
    "mf_begin_read_snapshot": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    "mf_enter": "SELECT FROM enter($1, $2, $3, $4, $5) AS entered WHERE entered IS NULL",
    "mf_as_system": "SELECT FROM set_config('role', 'mediaflow_system', true) AS role, "
    "set_config('transaction_read_only', $1, true) AS reads WHERE role IS NULL OR reads IS NULL",
}
NOTHING = "SELECT WHERE false"


class RoleChanged(Exception):
    """The token was issued for an earlier role: the edge loads the present one and tries again."""


class InVain(Exception):
    """What was sent ahead in the hope that it holds does not: the request's `Idempotency-Key` was used before, a new
    record needs fields of the team's own. The edge runs the request again, which then looks first."""


def statement(name: str, text: str) -> None:
    """Declare a statement that may travel with others; it must give no rows."""
    STATEMENTS[name] = text


def message(name: str, *values: Any) -> bytes:
    """The Bind and Execute messages of a declared statement; `values` as PostgreSQL's text format has them."""
    texts = [None if v is None else v if isinstance(v, bytes) else str(v).encode() for v in values]
    sizes = b"".join(b"\xff\xff\xff\xff" if t is None else pack("!i", len(t)) + t for t in texts)
    bind = b"\0" + name.encode() + b"\0" + pack("!hh", 0, len(texts)) + sizes + b"\0\0"
    return b"B" + pack("!i", len(bind) + 4) + bind + b"E\0\0\0\x09\0\0\0\0\0"


COMMIT = message("mf_commit")


class Writer:
    """The transport that asyncpg writes to: puts what travels around the statement it writes."""

    __slots__ = ("ahead", "begins", "behind", "transport")

    def __init__(self, transport: Any) -> None:
        self.transport = transport
        self.ahead = self.behind = b""
        self.begins = False  # whether a unit's beginning waits to be sent

    def write(self, data: Any) -> None:
        self.begins = False
        if self.behind:
            data = b"".join((self.ahead, data[: -len(SYNC)], self.behind, SYNC))
            self.ahead = self.behind = b""
        elif self.ahead:
            data = b"".join((self.ahead, data))
            self.ahead = b""
        self.transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)


class Protocol(protocol.Protocol):
    """asyncpg's protocol, writing through a `Writer`."""

    writer: Writer

    def connection_made(self, transport: Any) -> None:
        self.writer = Writer(transport)
        super().connection_made(self.writer)


protocol.Protocol = Protocol  # where asyncpg's `connect` takes it from; alone it changes nothing


class Connection(asyncpg.Connection):
    """A connection of the pool: nothing may set session state on it (`SET`, `LISTEN`, session locks).

    Raises what asyncpg raises; and from the statement that a transaction's beginning travelled with, `Unauthorised`
    (token_revoked), `RoleChanged` and `InVain`.
    """

    writer: Writer
    _kept: list[Any]
    _nothing: Any
    _begin = _enter = b""
    _may_be_alone = False
    _has_failed = False
    # What has to be sent ahead of the next statement, unless that does it itself.
    owed: Callable[[], None] | None = None

    async def get_ready(self) -> None:
        """Prepare what may travel. Once, when the connection is new."""
        protocol: Any = self._protocol
        self.writer = protocol.writer
        self._kept = [await self.prepare(text, name=name) for name, text in STATEMENTS.items()]
        self._nothing = await self._get_statement(NOTHING, COMMAND_SECONDS)
        self._nothing.attach()  # never closed, however many others come
        await self._bound(self._nothing, (), 0, False)  # preparing has opened a transaction, which only a Sync ends

    # ---- a transaction's two ends ----

    def begin(self, begin: bytes, enter: bytes, *, may_be_alone: bool = False) -> None:
        """Begin a transaction with the next statement; what the last one on this connection left open is committed.

        A statement that `may_be_alone` needs no BEGIN, and no COMMIT after it: what is sent up to a Sync is a
        transaction anyway. Only when a second one comes, a transaction is begun for that and what follows.
        """
        self._begin, self._enter, self._may_be_alone, self._has_failed = begin, enter, may_be_alone, False
        self.writer.begins = True
        ended = COMMIT if self.is_in_transaction() else b""
        self.writer.ahead = ended + (enter if may_be_alone else begin + enter)

    def pay(self) -> None:
        """Send what is owed with the next statement."""
        owed, self.owed = self.owed, None
        if owed is not None:
            owed()

    def _not_alone(self) -> None:
        """Begin what was left to end with its first statement."""
        if self._may_be_alone:
            self._may_be_alone = False
            whole, waiting = self._begin + self._enter, self.writer.ahead
            self.writer.ahead = whole + waiting if self.has_begun else waiting.replace(self._enter, whole, 1)

    @property
    def has_begun(self) -> bool:
        """Whether the transaction's beginning has gone out."""
        return not self.writer.begins

    @property
    def is_settled(self) -> bool:
        """Whether no cancelled statement is still on its way back: until then nobody knows the transaction's state."""
        protocol: Any = self._protocol
        return not protocol._is_cancelling()

    def send_ahead(self, name: str, *values: Any) -> None:
        """Send a declared statement with the next one."""
        self.put_ahead(message(name, *values))

    def put_ahead(self, messages: bytes) -> None:
        """The same of messages that were made before."""
        self.writer.ahead += messages

    async def flush(self) -> None:
        """Send what waits, if anything does, and have its answer."""
        if self.writer.ahead:
            await self._bound(self._nothing, (), 0, False)

    async def fetch_and_commit(self, query: str, *args: Any) -> list[Any]:
        """The rows of the transaction's last statement; it is committed in the same trip.

        Raises `RuntimeError` if PostgreSQL rolled back instead, since a statement before had failed unseen.
        """
        state = await self._ready(query)
        if self.has_begun:
            return await self._last(state, args)
        self.writer.ahead = self.writer.ahead.replace(self._begin, b"", 1)  # the only one: see `begin`
        try:
            return await self._bound(state, args, 0, False)
        except BaseException:
            self._has_failed = True  # as its transaction would have: nothing comes after it
            raise

    async def commit(self) -> None:
        """Commit. Raises like `fetch_and_commit`."""
        await self._last(self._nothing, ())

    async def _last(self, state: Any, args: Any) -> list[Any]:
        self.writer.behind = COMMIT
        try:
            rows, status, _ = await self._bound(state, args, 0, True)
        finally:
            self.writer.behind = b""
        if status != b"COMMIT":
            raise RuntimeError("the transaction had failed before its commit")
        return rows

    def forget(self) -> None:
        """Drop what has not gone out."""
        self.writer.ahead = self.writer.behind = b""
        self.writer.begins = False
        self._may_be_alone, self._has_failed, self.owed = False, False, None

    # ---- asyncpg's own ways to the server ----

    async def fetch(self, query: str, *args: Any, **_: Any) -> list[Any]:
        return await self._bound(await self._ready(query), args, 0, False)

    async def fetchrow(self, query: str, *args: Any, **_: Any) -> Any:
        rows = await self._bound(await self._ready(query), args, 1, False)
        return rows[0] if rows else None

    async def fetchval(self, query: str, *args: Any, column: int = 0, **_: Any) -> Any:
        rows = await self._bound(await self._ready(query), args, 1, False)
        return rows[0][column] if rows else None

    async def _execute(self, query: str, args: Any, limit: int, *_: Any, return_status: bool = False, **__: Any) -> Any:
        return await self._bound(await self._ready(query), args, limit, return_status)

    async def _ready(self, query: str) -> Any:
        state = self._stmt_cache.get((query, asyncpg.Record, False))
        return state if state is not None else await self._get_statement(query, COMMAND_SECONDS)

    async def _bound(self, state: Any, args: Any, limit: int, extra: bool) -> Any:
        protocol: Any = self._protocol
        if self._may_be_alone and self.has_begun:
            self._not_alone()
        if self.owed is not None:
            self.pay()
        if self._has_failed:
            raise asyncpg.InFailedSQLTransactionError("the only statement of this transaction has failed")
        try:
            return await protocol.bind_execute(state, args, "", limit, extra, COMMAND_SECONDS)
        except asyncpg.PostgresError as error:
            if refusal := _refusal(error):
                raise refusal from None
            raise

    async def _open(self) -> None:
        """Begin now: preparing and the simple protocol know nothing of what travels."""
        self._not_alone()
        if self.writer.ahead or self._has_failed:
            await self._bound(self._nothing, (), 0, False)

    async def _get_statement(self, query: str, *rest: Any, **options: Any) -> Any:
        await self._open()
        return await super()._get_statement(query, *rest, **options)

    async def _executemany(self, query: str, *rest: Any, **options: Any) -> Any:
        await self._open()
        return await super()._executemany(query, *rest, **options)

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        if not args:
            await self._open()
        return await super().execute(query, *args, **options)


def _refusal(error: asyncpg.PostgresError) -> Exception | None:
    """What failed ahead of the statement: `authorise` (see the migration that declares it), or the claim of a key."""
    match sqlstate(error):
        case "MF401":
            return Unauthorised("This session has ended; sign in again.", code="token_revoked")
        case "MF403":
            return RoleChanged()
        case "23505" if getattr(error, "constraint_name", "") == "idempotency_key_pkey":
            return InVain()
        case "MF422":
            return InVain()
    return None


def sqlstate(error: asyncpg.PostgresError) -> str:
    """The five characters; asyncpg sets them per instance, which its stubs do not say."""
    return str(getattr(error, "sqlstate", ""))
