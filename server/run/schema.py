"""Do the models say what the migrations make? `python -m server.run.schema` compares two real databases.

Both are made in an embedded PostgreSQL, or beside the empty database that is named: `python -m server.run.schema URL`.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from tortoise import Tortoise

from server.core.database import tortoise_config
from server.migrate import credentials, migrate
from server.run.postgres import embedded_postgres

COLUMNS = """
SELECT c.relname || '.' || a.attname,
    format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = ''
"""


async def differences(url: str) -> list[str]:
    """What differs between a database made by the migrations and one made from the models: a line for each column.

    Constraints, policies, functions and generated columns stand in the migrations alone, and so do the tables that only
    SQL touches.
    """
    declared_url = urlunsplit(urlsplit(url)._replace(path="/declared"))
    await _execute(url, "CREATE DATABASE declared")
    # By name: in PostgreSQL 15 the migrations leave the login no right that an owner inherits.
    await _execute(declared_url, "GRANT ALL ON SCHEMA public TO current_user")
    await migrate(url)
    migrated = await _columns(url)
    await _make_from_models(declared_url)
    declared = await _columns(declared_url)
    return [
        f"{column}: models {declared.get(column, 'none')}, database {migrated.get(column, 'none')}"
        for column in sorted(migrated.keys() | declared.keys())
        if migrated.get(column) != declared.get(column) and _table(column) in {_table(known) for known in declared}
    ]


def _table(column: str) -> str:
    return column.partition(".")[0]


async def _make_from_models(url: str) -> None:
    await Tortoise.init(config=tortoise_config("tortoise.backends.asyncpg", credentials(url)))
    try:
        await Tortoise.generate_schemas()
    finally:
        await Tortoise.close_connections()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _columns(url: str) -> dict[str, str]:
    connection = await asyncpg.connect(url)
    try:
        return dict(await connection.fetch(COLUMNS))  # type: ignore[arg-type]  # a record of two is a pair
    finally:
        await connection.close()


def main() -> None:
    """Print every difference; a code of 1 when there is one."""
    with ExitStack() as stack:
        if not (url := "".join(sys.argv[1:])):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            url = stack.enter_context(embedded_postgres(folder / "var", durable=False))
        found = asyncio.run(differences(url))
    sys.stdout.write("".join(f"{line}\n" for line in found) or "migrations and models agree\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
