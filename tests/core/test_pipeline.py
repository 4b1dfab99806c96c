"""Statements that travel with others, the seams of asyncpg that this stands on, and the pool that lends connections."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest

from models.actors import Actor
from models.errors import NotFound, Unauthorised
from server.config import Settings
from server.core.database import database
from server.core.pipeline import COMMIT, Connection, Writer, message
from server.core.pool import SETTLE_SECONDS
from server.core.system import system_unit
from server.core.unit import current, unit_of_work
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.processes import until

NO_TOKEN = Actor(kind="client", id=uuid.uuid4(), name="Link", team_id=uuid.uuid4())
NOBODY = Actor(kind="user", id=uuid.uuid4(), name="Gone", team_id=uuid.uuid4(), session_id=uuid.uuid4())
OPEN_TRANSACTIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'mediaflow' AND state LIKE 'idle in transaction%' AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def conn(url: str, config: Settings):
    async with database.pool.connection(5) as lent:
        yield lent


@pytest.fixture
async def trips(monkeypatch: pytest.MonkeyPatch, url: str, config: Settings):
    """What is written to PostgreSQL by units of work, a write each; the pool ends no read's transaction meanwhile."""
    await asyncio.sleep(SETTLE_SECONDS * 3)
    monkeypatch.setattr("server.core.pool.SETTLE_SECONDS", 60)
    written: list[bytes] = []
    write = Writer.write

    def spy(self: Writer, data: Any) -> None:
        written.append(self.ahead + bytes(data) + self.behind)
        write(self, data)

    monkeypatch.setattr(Writer, "write", spy)
    yield written
    if database.pool._settling is not None:
        database.pool._settling.cancel()
        database.pool._settle()


async def ask(unit: Any) -> int:
    return await unit.conn.fetchval("SELECT 1")


async def test_a_read_of_one_statement_is_one_trip_and_leaves_nothing_open(trips: list[bytes]):
    for _ in range(2):  # the first has the statement prepared
        async with system_unit(read_only=True) as unit:
            await ask(unit)
    assert not unit.conn.is_in_transaction()
    trips.clear()
    async with system_unit(read_only=True) as unit:
        assert await ask(unit) == 1
    assert len(trips) == 1
    assert message("mf_begin_read") not in trips[0]


async def test_a_read_of_more_is_a_transaction_that_the_next_one_ends(trips: list[bytes]):
    async with system_unit(read_only=True) as unit:
        await ask(unit)
    trips.clear()
    async with system_unit(read_only=True) as unit:
        for _ in range(3):
            assert await ask(unit) == 1
    assert [message("mf_begin_read") in trip for trip in trips] == [False, True, False]
    assert unit.conn.is_in_transaction()
    async with system_unit(read_only=True) as unit:
        assert await ask(unit) == 1
    assert trips[-1].startswith(COMMIT)
    assert not unit.conn.is_in_transaction()


async def test_a_lone_read_cannot_write_and_is_nobody_but_whom_it_is_for(url: str, config: Settings):
    seen = "SELECT current_user || ' ' || current_setting('app.team_id', true)"
    for _ in range(3):
        async with unit_of_work(NO_TOKEN, read_only=True) as unit:
            for _ in range(2):
                assert await unit.conn.fetchval(seen) == f"mediaflow_team {NO_TOKEN.team_id}"
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            async with unit_of_work(NO_TOKEN, read_only=True) as unit:
                await unit.conn.fetchval("DELETE FROM task RETURNING $1::int", 1)
        async with unit_of_work(NO_TOKEN, read_only=True) as unit:
            await unit.conn.fetchval(seen)
        async with database.pool.connection(5) as conn:
            assert conn is unit.conn
            assert await conn.fetchval("SELECT current_setting('app.team_id', true) || current_user") == "mediaflow"


@pytest.mark.parametrize("statements", [0, 1, 2])
async def test_what_cannot_travel_finds_a_read_begun(url: str, config: Settings, statements: int):
    who = "SELECT current_user::text"
    for _ in range(2):
        async with system_unit(read_only=True) as unit:
            for _ in range(statements):
                await ask(unit)
            assert await unit.conn.execute("SAVEPOINT here") == "SAVEPOINT"
            assert await unit.conn.fetchval(who) == "mediaflow_system"
        async with system_unit(read_only=True) as unit:
            for _ in range(statements):
                await ask(unit)
            assert await (await unit.conn.prepare(who)).fetchval() == "mediaflow_system"


async def test_a_write_is_committed_with_its_last_statement(trips: list[bytes]):
    async with system_unit() as unit:
        await ask(unit)
    trips.clear()
    async with system_unit() as unit:
        await ask(unit)
    assert [COMMIT in trip for trip in trips] == [False, True]
    assert not unit.conn.is_in_transaction()


async def test_an_idle_read_transaction_is_ended_soon(url: str, config: Settings):
    async with system_unit(read_only=True) as unit:
        await ask(unit)

    async def ended() -> bool:
        async with database.pool.connection(5) as conn:
            return await conn.fetchval(OPEN_TRANSACTIONS) == 0

    await until(ended)


async def test_the_last_statement_and_its_commit_are_one(conn: Connection):
    await conn.execute("CREATE TEMP TABLE kept (n int PRIMARY KEY)")
    for n in (1, 3):  # the second one's statement is prepared: it is alone
        conn.begin(message("mf_begin"), b"")
        assert await conn.fetch_and_commit("INSERT INTO kept VALUES ($1) RETURNING n", n) == [(n,)]
        assert not conn.is_in_transaction()
    conn.begin(message("mf_begin"), b"")
    with pytest.raises(asyncpg.UniqueViolationError):
        await conn.fetch_and_commit("INSERT INTO kept VALUES ($1) RETURNING n", 3)
    assert not conn.is_in_transaction()
    conn.begin(message("mf_begin"), b"")
    await conn.execute("INSERT INTO kept VALUES ($1)", 2)
    with pytest.raises(asyncpg.UniqueViolationError):
        await conn.fetch_and_commit("INSERT INTO kept VALUES ($1)", 1)
    await conn.execute("ROLLBACK")
    assert [r["n"] for r in await conn.fetch("SELECT n FROM kept")] == [1, 3]
    await conn.execute("DROP TABLE kept")


@pytest.mark.parametrize(("wrong", "error"), [(0, asyncpg.DivisionByZeroError), ("no number", asyncpg.DataError)])
async def test_nothing_comes_after_an_only_statement_that_failed(
    url: str, config: Settings, wrong: Any, error: type[Exception]
):
    divide = "SELECT 1 / $1::int"
    async with system_unit() as unit:
        await unit.conn.fetch(divide, 1)
    with pytest.raises(asyncpg.InFailedSQLTransactionError):
        async with system_unit() as unit:
            with pytest.raises(error):
                await unit.conn.fetch_and_commit(divide, wrong)
            for ask_on in (unit.conn.fetchval("SELECT 1"), unit.conn.execute("SELECT 1")):
                with pytest.raises(asyncpg.InFailedSQLTransactionError):
                    await ask_on
    async with system_unit() as unit:
        assert await ask(unit) == 1


async def test_a_commit_that_was_a_rollback_is_an_error(conn: Connection):
    conn.begin(message("mf_begin"), b"")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await conn.fetchval("SELECT 1 / $1::int", 0)
    with pytest.raises((RuntimeError, asyncpg.InFailedSQLTransactionError)):
        await conn.commit()
    await conn.execute("ROLLBACK")
    assert await conn.fetchval("SELECT 2") == 2


async def test_what_fails_ahead_fails_the_statement_it_travelled_with(conn: Connection):
    conn.begin(message("mf_begin"), b"")
    conn.send_ahead("mf_as_system", "off")
    conn.send_ahead("mf_enter", None, "no uuid", None, 1, False)
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await conn.fetchval("SELECT 3")
    await conn.execute("ROLLBACK")
    assert await conn.fetchval("SELECT 4") == 4


async def test_what_could_not_be_written_still_waits(conn: Connection):
    await conn.fetchval("SELECT $1::int", 1)
    conn.begin(message("mf_begin"), b"")
    with pytest.raises(asyncpg.DataError):
        await conn.fetchval("SELECT $1::int", "no number")
    assert not conn.has_begun
    assert await conn.fetchval("SELECT $1::int", 5) == 5
    assert conn.is_in_transaction()
    await conn.execute("ROLLBACK")


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_token_is_checked_though_nothing_is_asked(url: str, config: Settings, read_only: bool):
    with pytest.raises(Unauthorised):
        async with unit_of_work(NOBODY, read_only=read_only):
            pass
    with pytest.raises(Unauthorised):
        async with unit_of_work(NOBODY, read_only=read_only):
            raise NotFound


async def test_preparing_executing_many_and_savepoints_find_the_transaction_begun(url: str, config: Settings):
    async with system_unit() as unit:
        assert await (await unit.conn.prepare("SELECT current_user::text")).fetchval() == "mediaflow_system"
    async with system_unit() as unit:
        await unit.conn.executemany("SELECT $1::int", [(1,), (2,)])
        assert await unit.conn.fetchval("SELECT current_user::text") == "mediaflow_system"
    async with system_unit() as unit, unit.conn.transaction():
        assert await unit.conn.fetchval("SELECT current_user::text") == "mediaflow_system"
    async with system_unit():
        assert await current().conn.execute("SELECT 1") == "SELECT 1"


@pytest.mark.parametrize("read_only", [True, False])
async def test_a_cancelled_statement_leaves_a_connection_that_can_be_used(url: str, config: Settings, read_only: bool):
    sleep = "SELECT pg_sleep($1)"
    async with system_unit() as unit:
        await unit.conn.fetchval(sleep, 0.0)  # prepared now: the transaction's beginning travels with it
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), system_unit(read_only=read_only) as unit:
            await unit.conn.fetchval(sleep, 3.0)
    for _ in range(3):
        async with system_unit(read_only=True) as unit:
            assert await ask(unit) == 1


async def test_a_read_that_answers_for_a_cancelled_statement_leaves_a_connection_that_can_be_used(
    url: str, config: Settings
):
    sleep = "SELECT pg_sleep($1)"
    async with system_unit() as unit:
        await unit.conn.fetchval(sleep, 0.0)
    with pytest.raises(NotFound):
        async with system_unit(read_only=True) as unit:
            try:
                async with asyncio.timeout(0.1):
                    await unit.conn.fetchval(sleep, 3.0)
            except TimeoutError:
                raise NotFound from None
    for _ in range(3):
        async with system_unit(read_only=True) as unit:
            assert await ask(unit) == 1


async def test_who_waits_for_a_connection_gets_the_next_one_back(url: str, config: Settings):
    pool = database.pool
    lent = [await pool.acquire(PATIENCE_SECONDS) for _ in range(pool.size)]
    with pytest.raises(TimeoutError):
        await pool.acquire(0.05)
    waiting = [asyncio.create_task(pool.acquire(PATIENCE_SECONDS)) for _ in range(3)]
    await asyncio.sleep(0)
    pool.release(lent[0])
    waiting[0].cancel()  # handed one in the same turn, it passes it on
    assert await waiting[1] is lent[0]
    lent[1].terminate()
    pool.release(lent[1])
    another = await waiting[2]
    assert another not in lent
    for conn in (lent[0], another, *lent[2:]):
        pool.release(conn)
