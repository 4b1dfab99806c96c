"""A server without pg_trgm: typos are forgiven behind the first half of a word."""

from __future__ import annotations

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.helpers.databases import in_database, named

TEAM = "INSERT INTO team (id, name, slug, currency) VALUES ($1, 'Team', 'team', 'EUR')"
CONTACT = "INSERT INTO contact (id, team_id, name) VALUES (gen_random_uuid(), $1, 'Mara Lindqvist')"
ALIKE = """
SELECT score FROM (SELECT set_config('app.team_id', $1, true)) team, search_alike($2, '{contact}', '{}', 10)
"""


@pytest.fixture
async def without_trigrams(cluster: str) -> AsyncIterator[str]:
    """A migrated database whose owner has dropped the extension."""
    name = f"test_{uuid.uuid4().hex}"
    conn = await asyncpg.connect(cluster)
    await conn.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    url = named(cluster, name)
    # In a process of its own: here Tortoise serves the application.
    made = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "server.migrate",
        env=os.environ | {"DATABASE_URL": url},
        stdout=asyncio.subprocess.DEVNULL,
    )
    assert await made.wait() == 0
    own = await asyncpg.connect(url)
    await own.execute("DROP EXTENSION pg_trgm CASCADE")
    await own.close()
    yield url
    await conn.execute(f"DROP DATABASE {name}")
    await conn.close()


async def test_the_first_half_of_a_word_is_enough(without_trigrams: str):
    sql, team = in_database(without_trigrams), uuid.uuid4()
    await sql(TEAM, team)
    await sql(CONTACT, team)
    for q, hits in (("Lindkvist", 1), ("mara linqvist", 0), ("maro lindkwizt", 1), ("", 0)):
        assert len(await sql(ALIKE, str(team), q)) == hits, q
