"""The second wall between teams: plain SQL as the application's own login and roles."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.contract.world import World

# Tables without a policy for teams, each with its reason; every other table must keep teams apart.
GLOBAL = {
    "aerich": "the migrations that were applied",
    "auth_session": "a person's, in whatever team: only the system looks at sessions",
    "audit_head": "where each team's chain ends: only the dispatcher reads and writes it",
    "cron_fire": "the occurrences of schedules that have run, which belong to nobody",
    "mailed_token": "what was mailed to a person: only the system looks at it",
    "spent_refresh_token": "of a person's sessions: only the system looks at it",
    "log_place": "where the database lies: looked at when it is migrated",
    "dev_mail": "the development mailbox: a team may put mails in, and read none",
}
TABLES = """
SELECT c.relname AS name, c.relrowsecurity AND c.relforcerowsecurity AS walled,
       ARRAY(SELECT p.polname::text FROM pg_policy p JOIN pg_roles r ON r.oid = ANY(p.polroles)
             WHERE p.polrelid = c.oid AND r.rolname = 'mediaflow_team' AND p.polcmd IN ('*', 'r')) AS policies,
       EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'team_id') AS tenant
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1
"""
WRITABLE = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'
"""


@pytest.fixture
async def login(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection as the application's login."""
    conn = await asyncpg.connect(database_url)
    yield conn
    await conn.close()


async def tables(conn: asyncpg.Connection) -> list[asyncpg.Record]:
    return await conn.fetch(TABLES)


async def tenant_tables(conn: asyncpg.Connection) -> list[str]:
    return [t["name"] for t in await tables(conn) if t["tenant"] and t["name"] not in GLOBAL]


async def as_team(conn: asyncpg.Connection, team: str, statement: str, *args: Any) -> Any:
    """What a statement gives to the team's role: rows, or the error's name; never kept."""
    transaction = conn.transaction()
    await transaction.start()
    try:
        await conn.execute(f"SET LOCAL ROLE mediaflow_team; SET LOCAL app.team_id = '{team}'")
        return await conn.fetch(statement, *args)
    except asyncpg.PostgresError as error:
        return type(error).__name__
    finally:
        await transaction.rollback()


async def test_every_table_has_a_wall_or_is_known_to_be_global(login: asyncpg.Connection):
    found = await tables(login)
    open_ones = [t["name"] for t in found if t["name"] not in GLOBAL and not (t["walled"] and t["policies"])]
    assert open_ones == []
    assert GLOBAL.keys() - {t["name"] for t in found} == set(), "a global table that is no more"
    readable = [t["name"] for t in found if t["name"] in GLOBAL and t["policies"]]
    assert readable == [], "a global table that teams can read"


async def test_the_world_has_rows_in_every_table(login: asyncpg.Connection, theirs: World, sql):
    empty = []
    for table in await tenant_tables(login):
        [row] = await sql(f"SELECT count(*) FROM {table} WHERE team_id = $1::text::uuid", theirs.team_id)
        empty += [table] if row["count"] == 0 else []
    assert empty == [], "the next tests would prove nothing about these"


async def test_a_team_cannot_read_another_teams_rows(login: asyncpg.Connection, ours: World, theirs: World):
    leaks = []
    for table in await tenant_tables(login):
        seen = await as_team(
            login, ours.team_id, f"SELECT * FROM {table} WHERE team_id <> $1::text::uuid", ours.team_id
        )
        leaks += [(table, seen)] if seen not in ([], "InsufficientPrivilegeError") else []
    assert leaks == []
    assert await as_team(login, ours.team_id, "SELECT id FROM team WHERE id <> $1::text::uuid", ours.team_id) == []
    people = await as_team(login, ours.team_id, "SELECT id FROM app_user WHERE id = $1::text::uuid", theirs.owner.id)
    assert people == []


async def test_a_team_cannot_change_or_remove_another_teams_rows(login: asyncpg.Connection, ours: World, theirs: World):
    done = []
    for table in await tenant_tables(login):
        for statement in (
            f"UPDATE {table} SET team_id = team_id WHERE team_id = $1::text::uuid RETURNING 1",
            f"DELETE FROM {table} WHERE team_id = $1::text::uuid RETURNING 1",
        ):
            seen = await as_team(login, ours.team_id, statement, theirs.team_id)
            done += [(statement, seen)] if seen not in ([], "InsufficientPrivilegeError") else []
    assert done == []


async def test_a_team_cannot_insert_or_move_rows_into_another_team(
    login: asyncpg.Connection, ours: World, theirs: World, sql
):
    done = []
    for table in await tenant_tables(login):
        columns = ", ".join(r["column_name"] for r in await login.fetch(WRITABLE, table))
        [row] = await sql(
            f"SELECT to_jsonb(t)::text AS row FROM {table} t WHERE team_id = $1::text::uuid LIMIT 1", theirs.team_id
        )
        insert = (
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(null::{table}, $1::jsonb)"
        )
        seen = await as_team(login, ours.team_id, insert, row["row"])
        done += [(insert, seen)] if seen != "InsufficientPrivilegeError" else []
        move = f"UPDATE {table} SET team_id = $1::text::uuid RETURNING 1"
        seen = await as_team(login, ours.team_id, move, theirs.team_id)
        done += [(move, seen)] if seen not in ([], "InsufficientPrivilegeError") else []
    assert done == []


async def test_without_a_team_the_role_gets_an_error(login: asyncpg.Connection, theirs: World):
    quiet = []
    for table in await tenant_tables(login):
        async with login.transaction():
            await login.execute("SET LOCAL ROLE mediaflow_team")
            try:
                async with login.transaction():
                    quiet += [(table, await login.fetch(f"SELECT 1 FROM {table}"))]
            except asyncpg.PostgresError:
                pass
    assert quiet == []


async def test_the_login_alone_sees_nothing(login: asyncpg.Connection, theirs: World):
    seen = []
    for table in await tables(login):
        if table["name"] == "aerich":
            continue
        with contextlib.suppress(asyncpg.InsufficientPrivilegeError):
            seen += [(table["name"], r) for r in await login.fetch(f"SELECT 1 FROM {table['name']} LIMIT 1")]
    assert seen == []


async def test_the_login_is_no_superuser_and_inherits_neither_role(login: asyncpg.Connection):
    me = await login.fetchrow("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
    assert me is not None
    assert dict(me) == {"rolsuper": False, "rolbypassrls": False}
    for role in ("mediaflow_team", "mediaflow_system"):
        row = await login.fetchrow(
            "SELECT pg_has_role(current_user, $1, 'USAGE') AS inherits, rolcanlogin, rolsuper, rolbypassrls "
            "FROM pg_roles WHERE rolname = $1",
            role,
        )
        assert row is not None
        assert not any(row.values()), (role, row)


@pytest.mark.parametrize("role", ["mediaflow_team", "mediaflow_system"])
@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
async def test_the_audit_trail_cannot_be_changed(login: asyncpg.Connection, theirs: World, role: str, statement: str):
    transaction = login.transaction()
    await transaction.start()
    await login.execute(f"SET LOCAL ROLE {role}; SET LOCAL app.team_id = '{theirs.team_id}'")
    with pytest.raises(asyncpg.PostgresError):
        await login.execute(statement)
    await transaction.rollback()


async def test_the_audit_trail_cannot_be_emptied_even_by_its_owner(login: asyncpg.Connection):
    with pytest.raises(asyncpg.PostgresError):
        await login.execute("TRUNCATE audit_entry")
