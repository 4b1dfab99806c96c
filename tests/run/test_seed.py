"""The demo agency: believable, made once, and free of what nobody would have."""

from __future__ import annotations

import asyncio
import os
import sys

from server.config import Settings
from tests.helpers.databases import in_database
from tests.helpers.processes import ROOT

COUNTS = """
SELECT (SELECT count(*) FROM company) AS companies, (SELECT count(*) FROM contact) AS contacts,
       (SELECT count(*) FROM lead) AS leads, (SELECT count(DISTINCT status) FROM lead) AS stages,
       (SELECT count(*) FROM consultant) AS consultants, (SELECT count(*) FROM contract) AS contracts,
       (SELECT count(*) FROM activity) AS activities, (SELECT count(*) FROM form) AS forms,
       (SELECT count(*) FROM project WHERE client_id IS NOT NULL) AS for_clients,
       (SELECT count(*) FROM event) AS events
"""
ENDING = "SELECT title FROM contract WHERE status = 'active' AND end_on - notice_days <= current_date"


async def seed(config: Settings, url: str) -> None:
    env = os.environ | {"DATABASE_URL": url, "REDIS_URL": config.redis_url, "APP_ENV": "test"}
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.seed", "demo", cwd=ROOT, env=env, stderr=asyncio.subprocess.PIPE
    )
    _, said = await child.communicate()
    assert child.returncode == 0, said.decode()


async def test_the_agency_knows_people_and_a_second_run_changes_nothing(config: Settings, fresh_database_url: str):
    sql = in_database(fresh_database_url)
    await seed(config, fresh_database_url)
    [first] = [dict(row) for row in await sql(COUNTS)]
    assert {n: first[n] for n in ("companies", "contacts", "leads", "stages", "consultants", "contracts", "forms")} == {
        "companies": 14,
        "contacts": 40,
        "leads": 25,
        "stages": 7,
        "consultants": 4,
        "contracts": 6,
        "forms": 1,
    }
    assert first["for_clients"] == 4
    offered = await sql("SELECT status, number, total FROM proposal ORDER BY number NULLS FIRST")
    assert [(p["status"], p["number"] is None, p["total"]) for p in offered] == [
        ("draft", True, 1963500),
        ("sent", False, 1332800),
        ("accepted", False, 1473220),
    ]
    assert len(await sql("SELECT 1 FROM lead WHERE currency <> 'EUR'")) == 0
    assert [row["title"] for row in await sql(ENDING)] == ["Website care"]
    await seed(config, fresh_database_url)
    assert [dict(row) for row in await sql(COUNTS)] == [first]
