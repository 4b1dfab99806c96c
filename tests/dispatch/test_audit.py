"""The audit trail keeps who, what and from where, and shows what was changed or removed."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from models.clock import now
from server.config import Settings
from tests.dispatch.conftest import Log
from tests.helpers.databases import in_database
from tests.helpers.processes import Process, beside, nurseries

Tamper = Callable[[str], Awaitable[None]]


@pytest.fixture(scope="module")
async def dispatched(
    config: Settings, url: str, database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    """One dispatcher for all tests here: each has a team and so a trail of its own."""
    async with beside(config, tmp_path_factory.mktemp("beside"), in_database(database_url), now()) as start:
        await start("tasks.dispatch")
        yield


@pytest.fixture
async def trail(log: Log, dispatched: None) -> list[Any]:
    """Five facts in the trail, whatever the sign-up has written before them."""
    written = [await log.write() for _ in range(5)]
    await log.delivered(written[-1])
    return await log.trail()


async def verify(config: Settings, log: Log, said: Path) -> tuple[int, str]:
    """Exit status and output of `python -m tasks.audit verify <team>`."""
    environment = os.environ | {"DATABASE_URL": config.database_url, "LOG_LEVEL": "ERROR"}
    process = Process(await nurseries.fork("tasks.audit", ("verify", log.team_id), environment, said), said)
    return await process.child.wait(), process.said().strip()


@pytest.fixture
def tamper(config: Settings, log: Log) -> Tamper:
    """Do to the table what only its owner can, after switching the trigger off."""

    async def run(statement: str) -> None:
        conn = await asyncpg.connect(config.database_url)
        await conn.execute(
            "BEGIN; ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY, DISABLE TRIGGER audit_entry_stays;"
            f"{statement.format(team=log.team_id)};"
            "ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY, ENABLE TRIGGER audit_entry_stays; COMMIT"
        )
        await conn.close()

    return run


async def test_a_row_says_who_did_what_and_from_where(log: Log, trail: list[Any]) -> None:
    row = trail[-1]
    assert (row["actor_name"], row["action"], row["address"], row["request_id"], row["changes"]) == (
        "Ana",
        "task.updated",
        "203.0.113.9",
        "r-1",
        '{"status": ["todo", "doing"]}',
    )
    assert row["previous"] == trail[-2]["hash"]


async def test_an_untouched_trail_is_sound(config: Settings, log: Log, trail: list[Any], tmp_path: Path) -> None:
    assert await verify(config, log, tmp_path / "said") == (0, f"team {log.team_id}: {len(trail)} rows, sound")


@pytest.mark.parametrize(
    ("statement", "verdict"),
    [
        ("UPDATE audit_entry SET actor_name = 'Bo' WHERE team_id = '{team}' AND seq = 3", "row 3 was changed"),
        ("UPDATE audit_entry SET changes = NULL WHERE team_id = '{team}' AND seq = 4", "row 4 was changed"),
        ("DELETE FROM audit_entry WHERE team_id = '{team}' AND seq = 2", "row 2 is missing"),
        (
            "DELETE FROM audit_entry WHERE team_id = '{team}' AND seq = (SELECT max(seq) FROM audit_entry a "
            "WHERE a.team_id = '{team}')",
            "row {last} and what follows it are missing",
        ),
        (
            "UPDATE audit_entry SET seq = -seq WHERE team_id = '{team}' AND seq IN (2, 3);"
            "UPDATE audit_entry SET seq = CASE seq WHEN -2 THEN 3 ELSE 2 END WHERE team_id = '{team}' AND seq < 0",
            "row 2 does not follow the row before it",
        ),
    ],
)
async def test_the_first_bad_row_is_named(
    config: Settings, log: Log, trail: list[Any], tamper: Tamper, statement: str, verdict: str, tmp_path: Path
) -> None:
    await tamper(statement)
    status, said = await verify(config, log, tmp_path / "said")
    assert (status, said.split(", ", 1)[1]) == (1, verdict.format(last=len(trail)))


@pytest.mark.parametrize("role", ["mediaflow_team", "mediaflow_system"])
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET actor_name = 'Bo'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
async def test_neither_role_may_change_or_remove_rows(config: Settings, url: str, role: str, statement: str) -> None:
    conn = await asyncpg.connect(config.database_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with conn.transaction():
                await conn.execute(f"SET LOCAL ROLE {role}")
                await conn.execute(statement)
    finally:
        await conn.close()


async def test_not_even_the_owner_changes_rows_by_accident(config: Settings, log: Log, trail: list[Any]) -> None:
    conn = await asyncpg.connect(config.database_url)
    delete = f"DELETE FROM audit_entry WHERE team_id = '{log.team_id}'"
    try:
        with pytest.raises(asyncpg.PostgresError, match="the audit trail is append-only"):
            await conn.execute(f"ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY; {delete}")
    finally:
        await conn.close()
    assert await log.trail() == trail
