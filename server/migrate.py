"""Bring a database to the present schema: `python -m server.migrate`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg
from aerich import Command

import models.migrations
from server.config import settings_or_exit
from server.core.database import tortoise_config

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


def main() -> None:
    url = settings_or_exit("database_url").database_url
    try:
        applied = asyncio.run(migrate(url))
    except (OSError, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise SystemExit(f"DATABASE_URL: the database cannot be reached: {error}") from None
    sys.stdout.write("".join(f"migrated {name}\n" for name in applied) or "database is up to date\n")


if __name__ == "__main__":
    main()
