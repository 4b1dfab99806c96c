"""Workers killed in the middle of an import, and of taking one back: nothing is lost, nothing is done twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.factories import Make
from tests.helpers.processes import Process, until
from tests.imports.conftest import counts, ended, sent

Start = Callable[..., Awaitable[Process]]
ROWS = 2400
FILE = "Name,Email,Company,Tags\n" + "".join(
    f"Person {n},person{n % (ROWS - 200)}@x.example,Firm {n % 7},Tag {n % 3}\n" for n in range(ROWS)
)
DONE = "SELECT read AS n FROM data_import WHERE id = $1::text::uuid"
TAKEN_BACK = "SELECT count(outcome) AS n FROM import_record WHERE import_id = $1::text::uuid"
MADE = "SELECT count(*) AS n, count(DISTINCT subject_id) AS ids FROM event WHERE team_id = $1::text::uuid AND type = $2"


async def killed_midway(background: Start, sql: Any, count: str, import_id: str, least: int) -> Process:
    """Let a worker do a part of the work, kill it, and start another one."""
    worker = await background("tasks.worker")

    async def some() -> bool:
        return least <= (await sql(count, import_id))[0]["n"]

    await until(some, 60)
    await worker.kill()
    assert (await sql(count, import_id))[0]["n"] < ROWS, "too late to prove anything"
    return await background("tasks.worker")


async def test_a_crash_loses_no_row_and_does_none_twice(make: Make, background: Start, sql: Any):
    anna = await make.owner()
    answer = await sent(anna, "contacts", FILE)
    id, job_id = answer.json["import_id"], answer.json["job_id"]
    second = await killed_midway(background, sql, DONE, id, 500)
    job = await ended(anna, job_id, 120)
    assert job["state"] == "done", job
    assert job["attempt"] > 1
    found = (await anna.get(f"/api/imports/{id}")).json
    assert (found["total"], counts(found)) == (ROWS, (ROWS - 200, 200, 0, 0))
    assert (await anna.get("/api/contacts?total=true&limit=1")).json["total"] == ROWS - 200
    assert (await anna.get("/api/companies?total=true&limit=1")).json["total"] == 7
    [made] = await sql(MADE, anna.team_id, "contact.created")
    assert (made["n"], made["ids"]) == (ROWS - 200, ROWS - 200)
    finished = [e for e in await make.logged(f"contacts:{anna.team_id}") if e["type"] == "import.finished"]
    assert len(finished) == 1

    await second.stop()
    answer = await anna.post(f"/api/imports/{id}/undo")
    await killed_midway(background, sql, TAKEN_BACK, id, 200)
    job = await ended(anna, answer.json["job_id"], 120)
    expected = {"removed": ROWS - 200, "restored": 0, "kept": [], "kept_count": 0}
    assert (job["state"], job["result"]) == ("done", expected)
    assert job["attempt"] > 1
    for kinds in ("contacts", "companies", "tags"):
        assert (await anna.get(f"/api/{kinds}?limit=1")).json["items"] == []
    [gone] = await sql(MADE, anna.team_id, "contact.deleted")
    assert (gone["n"], gone["ids"]) == (ROWS - 200, ROWS - 200)
