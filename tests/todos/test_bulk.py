"""Many tasks at once."""

from __future__ import annotations

import uuid

from tests.factories import Make


async def test_all_are_changed_and_each_is_told(make: Make):
    anna = await make.owner()
    one, two = await make.project(anna), await make.project(anna, name="Two")
    tasks = [await make.task(anna, one), await make.task(anna, one, priority="high"), await make.task(anna, two)]
    ids = [t["id"] for t in tasks]
    body = {"ids": ids, "changes": {"priority": "high", "status": "done", "assignee_ids": [anna.id]}}
    answer = await anna.post("/api/tasks/bulk/update", body)
    assert answer == 200, answer
    assert [(t["id"], t["status"], t["priority"], t["assignee_ids"]) for t in answer.json["items"]] == [
        (id, "done", "high", [anna.id]) for id in ids
    ]
    assert len({t["rank"] for t in answer.json["items"][:2]}) == 2
    assert all(t["completed_at"] for t in answer.json["items"])
    events = await make.happened(anna, one, after=3)
    assert [e["type"] for e in events] == ["task.updated", "task.completed"] * 2 + ["tasks.bulk_updated"]
    assert events[0]["changes"].keys() == {"priority", "status", "completed_at", "assignee_ids"}
    assert events[2]["changes"].keys() == {"status", "completed_at", "assignee_ids"}
    summary = (await make.happened(anna, two, after=2))[-1]
    assert summary["detail"] == {
        "project": "Two",
        "count": 1,
        "task_ids": [ids[2]],
        "fields": ["assignee_ids", "completed_at", "priority", "status"],
    }


async def test_all_or_none_and_the_errors_name_the_ids(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    ghost = str(uuid.uuid4())
    task = await make.task(anna, project)
    special = await make.project(anna, columns=[{"key": "a", "name": "A"}, {"key": "b", "name": "B", "done": True}])
    odd = await make.task(anna, special)
    ids = [task["id"], ghost, task["id"]]
    refused = await anna.post("/api/tasks/bulk/update", {"ids": ids, "changes": {"title": "x"}})
    assert refused.wrong == {"ids[1]": "not_found", "ids[2]": "given_twice"}
    refused = await anna.post(
        "/api/tasks/bulk/update", {"ids": [task["id"], odd["id"]], "changes": {"status": "doing"}}
    )
    assert refused.wrong == {"ids[1].status": "unknown_column"}
    assert (await anna.get(f"/api/tasks/{task['id']}")).json == task
    assert await make.happened(anna, project, after=2) == []
    many = [str(uuid.uuid4()) for _ in range(1001)]
    assert (await anna.post("/api/tasks/bulk/update", {"ids": many, "changes": {}})).wrong == {"ids": "too_many"}
    assert (await anna.post("/api/tasks/bulk/update", {"ids": [], "changes": {}})).wrong == {"ids": "too_few"}


async def test_a_thousand_at_once(make: Make, sql):
    anna = await make.owner()
    project = await make.project(anna)
    await sql(
        "INSERT INTO task (id, team_id, project_id, title, status, rank) SELECT gen_random_uuid(), $1, $2, "
        "'Task ' || n, 'todo', 'V' || lpad(n::text, 5, '0') FROM generate_series(1, 1000) AS n",
        uuid.UUID(anna.team_id),
        uuid.UUID(project["id"]),
    )
    rows = await sql("SELECT id FROM task WHERE project_id = $1 ORDER BY rank", uuid.UUID(project["id"]))
    body = {"ids": [str(r["id"]) for r in rows], "changes": {"labels": ["sprint 1"]}}
    answer = await anna.post("/api/tasks/bulk/update", body)
    assert answer == 200
    assert {tuple(t["labels"]) for t in answer.json["items"]} == {("sprint 1",)}
    assert (await anna.get(f"/api/projects/{project['id']}/board")).json["seq"] == 1002
