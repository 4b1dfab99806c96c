"""Bring a database to the present schema: `python -m server.migrate`; with `roles`, only make what a backup names."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from aerich import Command
from tortoise.exceptions import OperationalError

import models.migrations
from server.config import settings_or_exit
from server.core.database import tortoise_config
from server.core.epochs import notice_restore

LOCK = 0x6D656469  # one migrator at a time, whoever starts it
LOCATION = str(Path(models.migrations.__file__).parent)


def credentials(url: str) -> dict[str, object]:
    """A database URL as Tortoise's credentials."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return {
        "host": query.get("host", [parts.hostname or "localhost"])[0],
        "port": parts.port or int(query.get("port", ["5432"])[0]),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or "") or None,
        "database": parts.path.lstrip("/"),
        "minsize": 1,
        "maxsize": 2,
    }


async def migrate(url: str) -> list[str]:
    """Apply every migration that the database lacks, under an advisory lock; gives their names."""
    lock = await asyncpg.connect(url)
    try:
        await lock.execute(f"SELECT pg_advisory_lock({LOCK})")
        async with Command(tortoise_config("tortoise.backends.asyncpg", credentials(url)), location=LOCATION) as aerich:
            await aerich.init()
            return await aerich.upgrade()
    finally:
        await lock.close()


async def make_roles(url: str) -> list[str]:
    """Make the roles and rights that a backup takes for granted, in the empty database that it is restored into."""
    conn = await asyncpg.connect(url)
    try:
        await conn.execute(import_module("models.migrations.models.1_20261121_kernel").ROLES)
        return ["the roles are there"]
    finally:
        await conn.close()


async def bring_up(url: str) -> list[str]:
    """Migrate, and notice what was restored; gives a line for each thing done."""
    done = [f"migrated {name}" for name in await migrate(url)]
    if rooms := await notice_restore(url):
        done.append(f"the database was restored or moved: {rooms} rooms begin a new log")
    return done or ["database is up to date"]


def main() -> None:
    url = settings_or_exit("database_url").database_url
    do = make_roles if sys.argv[1:] == ["roles"] else bring_up
    try:
        lines = asyncio.run(do(url))
    except (OSError, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise SystemExit(f"DATABASE_URL: the database cannot be reached: {error}") from None
    except (OperationalError, asyncpg.InsufficientPrivilegeError) as error:
        if isinstance(error.__cause__ or error, asyncpg.InsufficientPrivilegeError):
            raise SystemExit(f"DATABASE_URL: the login lacks a right: {str(error).splitlines()[0]}") from None
        raise
    sys.stdout.write("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
