"""A change with its fact in one trip: the same fact as step by step, and nothing at all where it is not as usual."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from models.db import NoUnitOfWork, connection
from server.config import Settings
from server.core.database import database
from server.core.pipeline import COMMIT, Connection, message
from server.core.system import system_unit
from server.core.unit import Unit, current
from tests.factories import Make
from tests.helpers.processes import until

LOCK = "SELECT version FROM task WHERE id = $1 FOR UPDATE"
FACT = "SELECT * FROM event WHERE subject_id = $1 ORDER BY at DESC LIMIT 1"
WAITING = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE task t SET%'"


@pytest.fixture
def wholes(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each unit that tried to be one statement, whether it was."""
    tried: list[bool] = []
    whole = Unit.whole

    async def spy(self: Unit, query: str, *args: Any) -> list[Any]:
        rows = await whole(self, query, *args)
        tried.append(bool(rows))
        return rows

    monkeypatch.setattr(Unit, "whole", spy)
    return tried


async def test_a_change_is_one_trip(make: Make, monkeypatch: pytest.MonkeyPatch):
    anna = await make.owner()
    task = await make.task(anna, await make.project(anna))
    trips: list[bytes] = []
    bound = Connection._bound

    async def spy(self: Connection, state: Any, *rest: Any) -> Any:
        trips.append(self.writer.ahead + self.writer.behind)
        return await bound(self, state, *rest)

    monkeypatch.setattr(Connection, "_bound", spy)
    for title in ("one", "two", "three", "four"):  # a connection that is new has to prepare the statement first
        trips.clear()
        assert await anna.patch(f"/api/tasks/{task['id']}", {"title": title}) == 200
    # A transaction of its own, which needs neither.
    assert len(trips) == 1
    assert message("mf_begin") not in trips[0]
    assert COMMIT not in trips[0]


async def test_its_fact_is_the_one_that_is_told_step_by_step(
    make: Make, wholes: list[bool], monkeypatch: pytest.MonkeyPatch
):
    anna = await make.owner()
    project = await make.project(anna)
    old = {"title": "Old", "labels": ["a"], "description": None, "estimate_minutes": 5, "priority": "low"}
    new = {"title": 'A "quoted"\n title — é', "labels": ["b", "a"], "description": "x\\y", "estimate_minutes": None}
    new["priority"] = "low"  # does not differ
    found = []
    for at_once in (True, False):
        task = await make.task(anna, project, **old)
        head = (await make.happened(anna, project))[-1]["seq"]
        wholes.clear()
        with monkeypatch.context() as patch:
            if not at_once:
                patch.setattr(Unit, "may_end", False)
            answer = await anna.patch(f"/api/tasks/{task['id']}", new)
        assert answer == 200, answer
        assert wholes == [True] * at_once
        assert answer.json == (await anna.get(f"/api/tasks/{task['id']}")).json
        (told,) = await make.happened(anna, project, after=head)
        assert told["data"] == answer.json
        assert told["at"] >= task["updated_at"]
        (fact,) = await make.sql(FACT, uuid.UUID(task["id"]))
        assert fact["request_id"] == answer.headers["X-Request-Id"]
        duties = await make.sql("SELECT follower FROM delivery WHERE event_id = $1 ORDER BY follower", fact["id"])
        assert uuid.UUID(told["id"]) == fact["id"]
        told |= {"id": "", "at": "", "seq": 0, "data": answer.json | {"id": "", "rank": ""}}
        told["subject"]["id"] = ""
        for name in ("created_at", "updated_at"):
            told["data"][name] = ""
        columns = {n: fact[n] for n in ("type", "subject_kind", "subject_version", "project_id", "changes", "detail")}
        found.append((told, columns, fact["actor"], fact["address"], [d["follower"] for d in duties]))
    assert found[0] == found[1]


async def test_where_nothing_is_written_the_answer_is_as_ever(make: Make, wholes: list[bool]):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project, title="Same")
    path, head = f"/api/tasks/{task['id']}", (await make.happened(anna, project))[-1]["seq"]
    wholes.clear()
    assert (await anna.patch(path, {"title": "Same"})).json == task
    assert await anna.patch(path, {"title": "New"}, headers={"If-Match": '"7"'}) == 412
    assert await anna.patch(f"/api/tasks/{uuid.uuid4()}", {"title": "New"}) == 404
    stranger = await make.owner()
    assert await stranger.patch(path, {"title": "Stolen"}) == 404
    assert wholes == [False] * 4
    assert await make.happened(anna, project, after=head) == []
    assert (await anna.patch(path, {"title": "New"}, headers={"If-Match": '"7", "1"'})).json["version"] == 2
    assert wholes[-1]


async def test_a_fact_that_only_some_would_hear_is_told_to_them(make: Make, wholes: list[bool]):
    anna = await make.owner()
    task = await make.task(anna)
    assert await anna.patch(f"/api/tasks/{task['id']}", {"title": "Mine"}) == 200
    assert wholes == [False]
    assert [e["changes"] for e in await make.heard(anna, "task.updated")] == [{"title": [task["title"], "Mine"]}]


async def test_a_row_that_was_waited_for_is_looked_at_again(make: Make, wholes: list[bool]):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project)
    id = uuid.UUID(task["id"])
    wholes.clear()

    async def is_waiting() -> bool:
        async with database.pool.connection(5) as conn:
            return bool(await conn.fetchval(WAITING))

    async with system_unit() as unit:
        await unit.conn.fetchval(LOCK, id)
        patching = asyncio.create_task(anna.patch(f"/api/tasks/{id}", {"title": "Second"}))
        await until(is_waiting)
        await unit.conn.execute("UPDATE task SET version = version + 1, priority = 'high' WHERE id = $1", id)
    answer = await patching
    assert (answer.json["title"], answer.json["priority"], answer.json["version"]) == ("Second", "high", 3)
    assert wholes == [False]
    last = (await make.happened(anna, project))[-1]
    assert (last["data"], last["changes"]) == (answer.json, {"title": [task["title"], "Second"]})


async def test_amounts_and_days_are_told_as_rest_shows_them(make: Make, wholes: list[bool]):
    anna = await make.owner()
    project = await make.project(anna)
    path = f"/api/projects/{project['id']}/milestones"
    made = (await anna.post(path, {"name": "Launch", "due_on": "2026-12-01"})).json
    head = (await make.happened(anna, project))[-1]["seq"]
    wholes.clear()
    changed = await anna.patch(f"/api/milestones/{made['id']}", {"due_on": "2026-12-24"})
    assert changed == 200, changed
    assert wholes == [True]
    (told,) = await make.happened(anna, project, after=head)
    assert (told["data"], told["changes"]) == (changed.json, {"due_on": ["2026-12-01", "2026-12-24"]})


async def test_an_addition_is_told_and_kept_as_step_by_step(
    make: Make, wholes: list[bool], monkeypatch: pytest.MonkeyPatch
):
    anna = await make.owner()
    project = await make.project(anna)
    found = []
    for at_once in (True, False):
        head = (await make.happened(anna, project))[-1]["seq"]
        body = {"title": 'A "new" one', "project_id": project["id"], "labels": ["a"]}
        key = {"Idempotency-Key": f"at once {at_once}"}
        with monkeypatch.context() as patch:
            if not at_once:
                patch.setattr(Unit, "may_end", False)
            answer = await anna.post("/api/tasks", body, headers=key)
        assert answer == 201, answer
        path = answer.headers["Location"]
        assert path == f"/api/tasks/{answer.json['id']}"
        assert (await anna.get(path)).json == answer.json
        again = await anna.post("/api/tasks", body, headers=key)
        assert (again.status, again.body, again.headers["Location"]) == (201, answer.body, path)
        assert (again.headers["ETag"], again.headers["Idempotency-Replayed"]) == (answer.headers["ETag"], "true")
        (told,) = await make.happened(anna, project, after=head)
        assert told["data"] == answer.json
        assert (told["type"], told["changes"], told["subject"]["version"]) == ("task.created", {}, 1)
        (fact,) = await make.sql(FACT, uuid.UUID(answer.json["id"]))
        duties = await make.sql("SELECT follower FROM delivery WHERE event_id = $1 ORDER BY follower", fact["id"])
        columns = [fact[n] for n in ("type", "actor", "project_id", "changes", "detail", "address")]
        found.append((columns, [d["follower"] for d in duties]))
    assert wholes == [True]
    assert found[0] == found[1]


async def test_two_with_one_key_add_one(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    body, key = {"title": "Once", "project_id": project["id"]}, {"Idempotency-Key": "both"}
    answers = await asyncio.gather(*(anna.post("/api/tasks", body, headers=key) for _ in range(4)))
    assert {(a.status, a.json["id"]) for a in answers} == {(201, answers[0].json["id"])}
    assert len([e for e in await make.happened(anna, project) if e["type"] == "task.created"]) == 1


async def test_a_required_field_of_the_team_is_asked_for(make: Make, wholes: list[bool]):
    anna = await make.owner()
    project = await make.project(anna)
    field = {"entity": "task", "key": "size", "label": "Size", "type": "number", "required": True}
    assert await anna.post("/api/settings/custom-fields", field) == 201
    body, key = {"title": "New", "project_id": project["id"]}, {"Idempotency-Key": "sized"}
    refused = await anna.post("/api/tasks", body, headers=key)
    assert refused == 422
    assert [(e["field"], e["code"]) for e in refused.json["errors"]] == [("custom.size", "required")]
    made = await anna.post("/api/tasks", body | {"custom": {"size": 3}}, headers=key)
    assert (made.status, made.json["custom"]) == (201, {"size": 3})
    assert wholes == [True]


async def test_after_its_end_a_unit_takes_no_more(url: str, config: Settings):
    with pytest.raises(NoUnitOfWork):
        async with system_unit() as unit:
            assert [row["one"] for row in await unit.whole("SELECT $1::int AS one", 1)] == [1]
            assert not unit.conn.is_in_transaction()
            connection()
    with pytest.raises(LookupError):
        async with system_unit() as unit:
            await unit.whole("SELECT $1::int AS one", 1)
            current()


async def test_a_unit_that_wrote_nothing_begins_anew(url: str, config: Settings):
    async with system_unit() as unit:
        assert await unit.whole("SELECT 1 WHERE $1::int > 1", 1) == []
        assert await connection().fetchval("SELECT current_user") == "mediaflow_system"
        assert unit.conn.is_in_transaction()
