"""A server without pg_trgm: typos are forgiven behind the first half of a word, and readiness says so."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import asyncpg
import pytest

from server.migrate import migrate
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
    await migrate(url)
    own = await asyncpg.connect(url)
    await own.execute("DROP EXTENSION pg_trgm CASCADE")
    await own.close()
    yield url
    await conn.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await conn.close()


async def test_the_first_half_of_a_word_is_enough(without_trigrams: str):
    sql, team = in_database(without_trigrams), uuid.uuid4()
    await sql(TEAM, team)
    await sql(CONTACT, team)
    for q, hits in (("Lindkvist", 1), ("mara linqvist", 0), ("maro lindkwizt", 1), ("", 0)):
        assert len(await sql(ALIKE, str(team), q)) == hits, q
