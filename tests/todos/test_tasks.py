"""Tasks through the front door."""

from __future__ import annotations

import uuid
from typing import Any

from tests.factories import Make


def facts(events: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(e["type"], e["changes"]) for e in events]


async def test_a_new_task_has_the_defaults(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    answer = await anna.post("/api/tasks", {"title": "Logo draft", "project_id": project["id"]})
    assert answer == 201, answer
    task = answer.json
    assert answer.headers["Location"] == f"/api/tasks/{task['id']}"
    assert task == {
        "id": task["id"],
        "version": 1,
        "created_at": task["created_at"],
        "updated_at": task["created_at"],
        "title": "Logo draft",
        "project_id": project["id"],
        "parent_id": None,
        "status": "todo",
        "rank": task["rank"],
        "priority": "medium",
        "assignee_ids": [],
        "start_at": None,
        "due_at": None,
        "estimate_minutes": None,
        "labels": [],
        "description": None,
        "custom": {},
        "blocked": False,
        "checklist": {"done": 0, "total": 0},
        "completed_at": None,
        "created_by": anna.id,
    }
    assert (await anna.get(f"/api/tasks/{task['id']}")).json == task
    (event,) = await make.happened(anna, project, after=1)
    assert (event["type"], event["seq"], event["data"], event["changes"]) == ("task.created", 2, task, {})
    assert event["subject"] == {"kind": "task", "id": task["id"], "version": 1}


async def test_a_change_answers_the_task_and_is_told(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project)
    body = {"title": "New", "labels": ["b", "a", "b"], "due_at": "2026-12-01T10:00:00+01:00", "priority": "high"}
    answer = await anna.patch(f"/api/tasks/{task['id']}", body)
    assert answer == 200, answer
    new = {"title": "New", "labels": ["b", "a"], "due_at": "2026-12-01T09:00:00Z", "priority": "high"}
    assert answer.json == task | new | {"version": 2, "updated_at": answer.json["updated_at"]}
    assert answer.headers["ETag"] == '"2"'
    (event,) = await make.happened(anna, project, after=2)
    assert facts([event]) == [("task.updated", {name: [task[name], value] for name, value in new.items()})]
    assert event["data"] == answer.json
    again = await anna.patch(f"/api/tasks/{task['id']}", body)
    assert again.json == answer.json
    assert await make.happened(anna, project, after=3) == []


async def test_put_replaces_what_is_editable(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project, labels=["x"], priority="urgent", status="doing", assignee_ids=[anna.id])
    answer = await anna.put(f"/api/tasks/{task['id']}", {"title": "Plain"})
    assert answer == 200, answer
    expected = task | {
        "title": "Plain",
        "labels": [],
        "priority": "medium",
        "status": "todo",
        "assignee_ids": [],
        "version": 2,
    }
    assert answer.json == expected | {"updated_at": answer.json["updated_at"], "rank": answer.json["rank"]}
    assert (await anna.put(f"/api/tasks/{task['id']}", {})).wrong == {"title": "required"}


async def test_every_wrong_field_is_named(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    answer = await anna.post("/api/tasks", {"priority": "x", "labels": [""], "rank": "V", "due_at": "yesterday"})
    assert answer.wrong == {
        "title": "required",
        "priority": "not_allowed",
        "labels[0]": "too_short",
        "rank": "unknown_field",
        "due_at": "not_a_time",
    }
    base = {"title": "x", "project_id": project["id"]}
    ghost = str(uuid.uuid4())
    for wrong, expected in [
        ({"status": "nowhere"}, {"status": "unknown_column"}),
        ({"project_id": ghost}, {"project_id": "not_found"}),
        ({"parent_id": ghost}, {"parent_id": "not_found"}),
        ({"assignee_ids": [anna.id, ghost]}, {"assignee_ids[1]": "not_found"}),
        ({"start_at": "2026-02-02T00:00:00Z", "due_at": "2026-02-01T00:00:00Z"}, {"due_at": "before_start"}),
    ]:
        refused = await anna.post("/api/tasks", base | wrong)
        assert refused.status == 422, refused
        assert refused.wrong == expected
    task = await make.task(anna, project)
    assert (await anna.patch(f"/api/tasks/{task['id']}", {"title": None})).wrong == {"title": "string_type"}


async def test_a_task_of_another_team_or_project_is_not_there(make: Make):
    anna, eve = await make.owner(), await make.owner()
    ben = await make.member(anna)
    task = await make.task(anna, await make.project(anna))
    for person in (eve, ben):
        for method, path, body in [
            ("GET", "", None),
            ("PATCH", "", {"title": "x"}),
            ("PUT", "", {"title": "x"}),
            ("DELETE", "", None),
            ("PATCH", "/move", {"status": "done"}),
            ("PATCH", "/complete", {}),
        ]:
            answer = await person.ask(method, f"/api/tasks/{task['id']}{path}", json=body)
            assert (answer.status, answer.code) == (404, "not_found"), answer
        assert (await person.get("/api/tasks")).json["items"] == []


async def test_whoever_is_asked_to_do_it_must_see_the_project(make: Make):
    anna = await make.owner()
    ben, cleo = await make.member(anna, name="Ben"), await make.member(anna, role="manager", name="Cleo")
    project = await make.project(anna)
    body = {"assignee_ids": [ben.id, cleo.id]}
    task = await make.task(anna, project)
    assert (await anna.patch(f"/api/tasks/{task['id']}", body)).wrong == {"assignee_ids[0]": "not_found"}
    await anna.post(f"/api/projects/{project['id']}/members", {"user_id": ben.id})
    answer = await anna.patch(f"/api/tasks/{task['id']}", body)
    assert answer.json["assignee_ids"] == [ben.id, cleo.id]
    assert answer.json["version"] == 2
    updated, assigned = await make.happened(anna, project, after=3), await make.heard(ben, "task.assigned")
    assert facts(updated) == [("task.updated", {"assignee_ids": [[], [ben.id, cleo.id]]})]
    assert [e["detail"] for e in assigned] == [
        {
            "member_ids": sorted([ben.member_id, cleo.member_id]),
            "user_ids": assigned[0]["detail"]["user_ids"],
            "names": assigned[0]["detail"]["names"],
        }
    ]
    assert set(assigned[0]["detail"]["names"]) == {"Ben", "Cleo"}
    for person, expected in ((ben, [task["id"]]), (anna, [])):
        assert [t["id"] for t in (await person.get("/api/tasks/mine")).json["items"]] == expected


async def test_my_work_is_what_is_open_by_when_it_is_due(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    for title, due in (("never", None), ("late", "2026-12-02T00:00:00Z"), ("soon", "2026-12-01T00:00:00Z")):
        await make.task(anna, project, title=title, due_at=due, assignee_ids=[anna.id])
    done = await make.task(anna, project, assignee_ids=[anna.id])
    await anna.patch(f"/api/tasks/{done['id']}/complete")
    await make.task(anna, project, title="not mine")
    first = (await anna.get("/api/tasks/mine?limit=2")).json
    assert [t["title"] for t in first["items"]] == ["soon", "late"]
    rest = (await anna.get(f"/api/tasks/mine?limit=2&cursor={first['next_cursor']}")).json
    assert [t["title"] for t in rest["items"]] == ["never"]
    assert rest["next_cursor"] is None


async def test_tasks_without_a_project_concern_their_maker_and_assignees(make: Make):
    anna = await make.owner()
    ben, cleo = await make.member(anna), await make.member(anna)
    task = await make.task(ben, title="Buy paper")
    assert (task["project_id"], task["status"]) == (None, "todo")
    assert await cleo.get(f"/api/tasks/{task['id']}") == 404
    assert await anna.get(f"/api/tasks/{task['id']}") == 200
    assert await anna.patch(f"/api/tasks/{task['id']}", {"assignee_ids": [cleo.id]}) == 200
    assert await cleo.patch(f"/api/tasks/{task['id']}/complete") == 200
    assert [e["type"] for e in await make.heard(ben)] == [
        "task.created",
        "task.updated",
        "task.updated",
        "task.completed",
    ]


async def test_a_task_changes_its_project_when_nothing_ties_it(make: Make):
    anna = await make.owner()
    old, new = await make.project(anna), await make.project(anna)
    parent = await make.task(anna, old)
    task = await make.task(anna, old, parent_id=parent["id"])
    path = f"/api/tasks/{task['id']}"
    assert (await anna.patch(path, {"project_id": new["id"]})).code == "task_tied"
    assert await anna.patch(path, {"parent_id": None}) == 200
    moved = await anna.patch(path, {"project_id": new["id"]})
    assert moved == 200, moved
    assert moved.json["project_id"] == new["id"]
    assert [e["type"] for e in await make.happened(anna, old, after=4)] == ["task.left"]
    assert [e["type"] for e in await make.happened(anna, new, after=1)] == ["task.updated"]
    assert (await anna.patch(path, {"parent_id": parent["id"]})).wrong == {"parent_id": "other_project"}


async def test_subtasks_go_with_their_parent_and_never_above_it(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    top = await make.task(anna, project, title="top")
    middle = await make.task(anna, project, title="middle", parent_id=top["id"])
    leaf = await make.task(anna, project, title="leaf", parent_id=middle["id"])
    assert (await anna.patch(f"/api/tasks/{top['id']}", {"parent_id": leaf["id"]})).code == "parent_cycle"
    assert (await anna.patch(f"/api/tasks/{top['id']}", {"parent_id": top["id"]})).code == "parent_cycle"
    listed = (await anna.get(f"/api/tasks?parent_id={top['id']}")).json["items"]
    assert [t["id"] for t in listed] == [middle["id"]]
    assert await anna.delete(f"/api/tasks/{top['id']}") == 204
    assert await anna.get(f"/api/tasks/{leaf['id']}") == 404
    gone = await make.happened(anna, project, after=4)
    assert {(e["type"], e["detail"]["title"]) for e in gone} == {("task.deleted", n) for n in ("top", "middle", "leaf")}


async def test_lists_are_filtered_searched_and_sorted(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    await make.task(anna, project, title="Élan vital", labels=["red", "blue"], priority="low")
    await make.task(anna, project, title="Plan", labels=["red"], priority="urgent", status="doing")
    await make.task(anna, project, title="Plan B", priority="high", assignee_ids=[anna.id])

    async def titles(query: str) -> list[str]:
        answer = await anna.get(f"/api/projects/{project['id']}/tasks?{query}")
        assert answer == 200, answer
        return [t["title"] for t in answer.json["items"]]

    assert await titles("sort=-priority") == ["Plan", "Plan B", "Élan vital"]
    assert await titles("q=elan") == ["Élan vital"]
    assert await titles("q=pla&sort=title") == ["Plan", "Plan B"]
    assert await titles("label=blue,green") == ["Élan vital"]
    assert await titles(f"assignee_id={anna.id}") == ["Plan B"]
    assert await titles("assignee_id[null]=true&sort=title") in (["Plan", "Élan vital"], ["Élan vital", "Plan"])
    assert await titles("status=doing,done") == ["Plan"]
    assert await titles("created_at[lt]=2020-01-01T00:00:00Z") == []
    assert (await anna.get("/api/tasks?colour=red")).wrong == {"colour": "unknown_parameter"}
    for sort in ("colour", "--title"):
        assert (await anna.get(f"/api/tasks?sort={sort}")).wrong == {"sort": "unknown_sort"}
    labels = await anna.get("/api/labels")
    assert labels.json == {"items": [{"name": "red", "count": 2}, {"name": "blue", "count": 1}], "next_cursor": None}
