"""The login that DATABASE_URL names: what it must be allowed is said in one line, and it never reads past the walls."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from tests.helpers.databases import in_database, named
from tests.helpers.processes import ROOT

GRANT = "GRANT mediaflow_team, mediaflow_system TO {} WITH INHERIT FALSE, SET TRUE"


async def migrate(url: str) -> tuple[int | None, str]:
    env = os.environ | {"DATABASE_URL": url}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.migrate",
        cwd=ROOT,
        env=env,
        stderr=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
    )
    _, said = await child.communicate()
    return child.returncode, said.decode().strip()


@pytest.fixture
async def first(template: str) -> AsyncIterator[asyncpg.Connection]:
    """The login that has migrated a database of this server; it can make others."""
    conn = await asyncpg.connect(named(template, "postgres"))
    yield conn
    await conn.close()


@pytest.fixture
async def another(first: asyncpg.Connection, template: str) -> AsyncIterator[str]:
    """The URL of a database that is another login's, which may create roles."""
    name = f"test_{uuid4().hex}"
    await first.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD 'secret'")
    await first.execute(f"GRANT {name} TO current_user")
    await first.execute(f"CREATE DATABASE {name} OWNER {name}")
    at = urlsplit(named(template, name))
    yield urlunsplit(at._replace(netloc=f"{name}:secret@{at.netloc.rpartition('@')[2]}"))
    await first.execute(f"SET ROLE {name}")
    await first.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await first.execute("RESET ROLE")
    await first.execute(f"DROP ROLE {name}")


async def test_a_second_login_of_a_server_is_told_what_to_be_granted(first: asyncpg.Connection, another: str):
    name = urlsplit(another).username
    if first.get_server_version() >= (16,):  # before, who may create roles may grant all of them
        says = "DATABASE_URL: the login lacks a right: another login has made the roles: let it, or a superuser, "
        assert await migrate(another) == (1, says + GRANT.format(name))
        await first.execute(GRANT.format(name))
    assert (await migrate(another))[0] == 0
    assert await in_database(another)("SELECT count(*) FROM team") == [(0,)]
    conn = await asyncpg.connect(another)
    assert not await conn.fetchval("SELECT pg_has_role('mediaflow_system', 'USAGE')")
    await conn.close()


async def test_a_login_that_may_not_create_roles_is_one_line(first: asyncpg.Connection, another: str):
    await first.execute(f"ALTER ROLE {urlsplit(another).username} NOCREATEROLE")
    code, said = await migrate(another)
    assert (code, said.partition("\n")) == (1, (said, "", ""))
    assert said.startswith("DATABASE_URL: the login lacks a right: ")
