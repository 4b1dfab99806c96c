"""Backup and restore as docs/operations.md says it, with PostgreSQL's own programs and the application's one login."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests.helpers.databases import named
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.processes import ROOT
from tests.helpers.services import programs


async def back_up(url: str, file: Path) -> None:
    """The database's state at this moment."""
    whole = ("--format=custom", "--role=mediaflow_system", "--enable-row-security")
    await _run(programs() / "pg_dump", *whole, f"--file={file}", url)


async def restore(file: Path, url: str) -> str:
    """A new database with that state, beside the one of `url`; gives its URL."""
    restored = named(url, f"{_name(url)}_restored")
    await _sql(named(url, "postgres"), f'CREATE DATABASE "{_name(restored)}"')
    await _run(sys.executable, "-m", "server.migrate", "roles", DATABASE_URL=restored)
    await _run(programs() / "pg_restore", "--exit-on-error", "--no-comments", f"--dbname={restored}", str(file))
    return restored


async def migrate(url: str) -> str:
    return await _run(sys.executable, "-m", "server.migrate", DATABASE_URL=url)


async def say_restored(url: str) -> str:
    return await _run(sys.executable, "-m", "server.restored", DATABASE_URL=url)


async def swap(url: str, restored: str) -> None:
    """Put the restored database where the other was; whoever is connected there is cut, and comes back to this one."""
    old, new = _name(url), _name(restored)
    await _sql(
        named(url, "postgres"),
        f'ALTER DATABASE "{old}" ALLOW_CONNECTIONS false',
        f"SELECT pg_terminate_backend(pid, {1000 * PATIENCE_SECONDS}) FROM pg_stat_activity WHERE datname = '{old}'",
        f'ALTER DATABASE "{old}" RENAME TO "{old}_before"',
        f'ALTER DATABASE "{new}" RENAME TO "{old}"',
    )


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


async def _sql(url: str, *statements: str) -> None:
    conn = await asyncpg.connect(url)
    try:
        for statement in statements:
            await conn.execute(statement)
    finally:
        await conn.close()


async def _run(*argv: str | Path, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *argv, cwd=ROOT, env=os.environ | environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    said, errors = await process.communicate()
    assert process.returncode == 0, f"{argv}: {errors.decode()}"
    return said.decode()
