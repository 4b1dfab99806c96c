"""PostgreSQL restarts while jobs run: they end all the same, each with its effect once."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import uuid4

from server.config import Settings
from tests.helpers.databases import in_database
from tests.helpers.processes import Process, until
from tests.helpers.services import a_postgres
from tests.jobs.conftest import SHORT_LEASE


async def test_a_restart_of_the_database_loses_and_doubles_nothing(config: Settings, tmp_path: Path) -> None:
    marks = [uuid4().hex for _ in range(6)]
    database = a_postgres(tmp_path / "own")
    own = config.model_copy(update={"database_url": database.url})
    migration = await Process.start("server.migrate", own, tmp_path / "migrate.log")
    assert await migration.child.wait() == 0, migration.said()
    sql = in_database(database.url)
    for n, mark in enumerate(marks):
        args = json.dumps({"mark": mark, "seconds": n / 2})
        await sql("INSERT INTO job (id, kind, args) VALUES ($1, 'test.effect', $2::text::jsonb)", uuid4(), args)
    worker = await Process.start("tests.jobs.kinds", own, tmp_path / "worker.log", **SHORT_LEASE)

    async def under_way() -> bool:
        return bool(await sql("SELECT 1 FROM job WHERE state = 'done'"))

    async def all_done() -> bool:
        rows = await sql("SELECT count(*) AS n FROM job WHERE kind = 'test.effect' AND state = 'done'")
        return rows[0]["n"] == len(marks)

    try:
        await until(under_way)
        database.stop()
        database.start()
        await until(all_done)
        rows = await sql("SELECT recipient AS mark, count(*) AS n FROM dev_mail GROUP BY recipient")
        assert {row["mark"]: row["n"] for row in rows} == dict.fromkeys(marks, 1)
        assert worker.child.returncode is None, "the worker waited the restart out"
    finally:
        await worker.kill()
        database.stop()
