"""Jobs as people see them: who may look, cancel and run again, and what they hear of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import socketio

from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.processes import until
from tests.jobs.conftest import Jobs, Start

ADD = """
INSERT INTO job (id, team_id, created_by, kind, args, state, max_attempts) VALUES ($1, $2, $3, $4, $5, $6, 2)
RETURNING id
"""
SHAPE = {
    "id", "version", "created_at", "updated_at", "kind", "state", "attempt", "max_attempts", "progress", "step",
    "last_error", "result", "run_at", "started_at", "finished_at",
}  # fmt: skip


class Asked:
    """Jobs that a person has asked for."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs

    async def by(self, who: Person, kind: str = "test.effect", state: str = "queued", **args: Any) -> str:
        values = (
            uuid4(),
            UUID(who.team_id),
            UUID(who.member_id),
            kind,
            json.dumps({"mark": uuid4().hex} | args),
            state,
        )
        rows = await self.jobs.sql(ADD, *values)
        return str(rows[0]["id"])


@pytest.fixture
def asked(jobs: Jobs) -> Asked:
    return Asked(jobs)


async def finished(jobs: Jobs, who: Person) -> list[dict[str, Any]]:
    """The `job.finished` events of the person's room."""
    rows = await jobs.sql(
        "SELECT wire FROM stream_entry WHERE room = $1 AND type = 'job.finished' ORDER BY seq",
        f"member:{who.member_id}",
    )
    return [json.loads("{" + row["wire"]) for row in rows]


async def test_a_job_is_shown_to_who_asked_for_it_and_to_who_manages_jobs(make: Make, asked: Asked) -> None:
    owner, stranger = await make.owner(), await make.owner()
    member = await make.member(owner)
    other = await make.member(owner)
    path = f"/api/jobs/{await asked.by(member, kind='test.unknown')}"
    answer = await member.get(path)
    assert answer == 200
    assert set(answer.json) == SHAPE
    assert (answer.json["state"], answer.json["attempt"], answer.json["progress"]) == ("queued", 0, 0)
    assert await owner.get(path) == 200
    assert await other.get(path) == 404
    assert await stranger.get(path) == 404
    assert await other.post(f"{path}/cancel") == 404
    assert await stranger.post(f"{path}/retry") == 404


async def test_progress_reaches_the_starter_live_and_by_rest(
    make: Make, asked: Asked, worker: Start, jobs: Jobs, tmp_path: Path
) -> None:
    who, enough = await make.owner(), tmp_path / "enough"
    heard: list[dict[str, Any]] = []
    ended: list[dict[str, Any]] = []
    ready = asyncio.Event()
    client = socketio.AsyncClient()
    client.on("job.progress", heard.append)
    client.on("job.finished", ended.append)
    client.on("ready", lambda _: ready.set())
    await client.connect(who.url, auth={"token": who.token}, transports=["websocket"], wait_timeout=30)
    await asyncio.wait_for(ready.wait(), PATIENCE_SECONDS)
    await worker()
    id = await asked.by(who, "test.until_told", mark=str(enough), seconds=20)

    async def halfway() -> Any:
        shown = (await who.get(f"/api/jobs/{id}")).json
        return shown if shown["state"] == "running" and shown["progress"] >= 50 else None

    shown = await until(halfway)
    assert shown["step"] == f"step {shown['progress'] // 10}"
    held = {"If-None-Match": f'"{shown["version"]}"'}

    async def moved_on() -> Any:
        answer = await who.get(f"/api/jobs/{id}", headers=held)
        return answer.json if answer == 200 else None

    assert (await until(moved_on))["state"] == "running", "progress alone is a new version"

    async def said() -> list[Any]:
        mine = [one for one in heard if one["job_id"] == id]
        return mine if len(mine) >= 3 else []

    await until(said)
    enough.touch()
    await jobs.reached(UUID(id), "done")

    async def told() -> bool:
        return bool(ended)

    await until(told)
    await client.disconnect()
    assert ended[0]["subject"]["id"] == id
    assert ended[0]["data"]["state"] == "done"
    mine = await said()
    assert [one["progress"] for one in mine] == sorted(one["progress"] for one in mine)
    assert len([one for one in mine if one["progress"] < 50]) <= 8, "of what comes at once some, at most four a second"
    assert set(mine[0]) == {"job_id", "state", "progress", "step"}


async def test_a_waiting_job_is_cancelled_at_once(make: Make, asked: Asked, jobs: Jobs) -> None:
    who = await make.owner()
    id = await asked.by(who, kind="test.unknown")
    answer = await who.post(f"/api/jobs/{id}/cancel")
    assert answer == 200
    assert answer.json["state"] == "cancelled"
    assert answer.json["finished_at"] is not None
    assert [one["data"]["state"] for one in await finished(jobs, who)] == ["cancelled"]
    assert (await who.post(f"/api/jobs/{id}/cancel")).json == answer.json, "asking twice changes nothing"


async def test_a_running_job_is_stopped_and_leaves_no_effect(
    make: Make, asked: Asked, jobs: Jobs, worker: Start
) -> None:
    who = await make.owner()
    await worker()
    mark = uuid4().hex
    id = await asked.by(who, seconds=60, mark=mark)
    await jobs.reached(UUID(id), "running")
    assert await who.post(f"/api/jobs/{id}/cancel") == 200
    await jobs.reached(UUID(id), "cancelled")
    assert await jobs.effects(mark) == 0
    assert [one["data"]["state"] for one in await finished(jobs, who)] == ["cancelled"]


async def test_a_dead_job_is_run_again_by_hand_and_only_a_dead_one(
    make: Make, asked: Asked, jobs: Jobs, worker: Start
) -> None:
    who = await make.owner()
    mark = uuid4().hex
    id = await asked.by(who, state="dead", mark=mark)
    answer = await who.post(f"/api/jobs/{id}/retry")
    assert answer == 200
    assert (answer.json["state"], answer.json["attempt"], answer.json["finished_at"]) == ("queued", 0, None)
    await worker()
    await jobs.reached(UUID(id), "done")
    assert await jobs.effects(mark) == 1
    again = await who.post(f"/api/jobs/{id}/retry")
    assert (again, again.code) == (409, "job_done")
    cancelled = await who.post(f"/api/jobs/{id}/cancel")
    assert (cancelled, cancelled.code) == (409, "job_done")
