"""Projects through the front door."""

from __future__ import annotations

from typing import Any

from tests.factories import Make
from tests.factories.people import Person

COLUMNS = [
    {"key": "todo", "name": "To do", "done": False},
    {"key": "doing", "name": "Doing", "done": False},
    {"key": "review", "name": "Review", "done": False},
    {"key": "done", "name": "Done", "done": True},
]


def plain(event: dict[str, Any]) -> tuple[str, dict[str, Any], dict[str, Any]]:
    return event["type"], event["changes"], event["detail"]


async def test_a_new_project_has_the_defaults_and_its_maker_on_it(make: Make):
    anna = await make.owner(name="Anna")
    answer = await anna.post("/api/projects", {"name": "Brand film"})
    assert answer == 201, answer
    project = answer.json
    assert answer.headers["Location"] == f"/api/projects/{project['id']}"
    assert answer.headers["ETag"] == '"1"'
    assert project == {
        "id": project["id"],
        "version": 1,
        "created_at": project["created_at"],
        "updated_at": project["created_at"],
        "name": "Brand film",
        "status": "active",
        "client_id": None,
        "start_on": None,
        "due_on": None,
        "budget": None,
        "currency": "EUR",
        "color": None,
        "description": None,
        "columns": COLUMNS,
        "custom": {},
        "progress": 0,
    }
    assert (await anna.get(f"/api/projects/{project['id']}")).json == project
    people = (await anna.get(f"/api/projects/{project['id']}/members")).json["items"]
    assert [(p["user"]["name"], p["role"]) for p in people] == [("Anna", "owner")]
    (event,) = await make.happened(anna, project)
    assert plain(event) == ("project.created", {}, {"copied_from": None})
    assert event["seq"] == 1
    assert event["data"] == project


async def test_a_change_answers_the_whole_project_and_is_told(make: Make):
    anna = await make.owner()
    project = await make.project(anna, budget="1000.50")
    answer = await anna.patch(f"/api/projects/{project['id']}", {"name": "New", "budget": "1200"})
    assert answer == 200, answer
    expected = project | {"name": "New", "budget": "1200.00", "version": 2, "updated_at": answer.json["updated_at"]}
    assert answer.json == expected
    (event,) = await make.happened(anna, project, after=1)
    changes = {"name": [project["name"], "New"], "budget": ["1000.50", "1200.00"]}
    assert plain(event) == ("project.updated", changes, {})
    assert event["data"] == expected


async def test_a_write_that_changes_nothing_is_no_event(make: Make):
    anna = await make.owner()
    project = await make.project(anna, color="#ff0000")
    answer = await anna.patch(f"/api/projects/{project['id']}", {"color": "#ff0000"})
    assert answer == 200
    assert answer.json == project
    assert await make.happened(anna, project, after=1) == []


async def test_put_replaces_what_is_editable(make: Make):
    anna = await make.owner()
    project = await make.project(anna, color="#ff0000", budget="5", description="Long", status="planned")
    answer = await anna.put(f"/api/projects/{project['id']}", {"name": "Only a name"})
    assert answer == 200, answer
    gone = {"color": None, "budget": None, "description": None, "status": "active", "name": "Only a name"}
    assert answer.json == project | gone | {"version": 2, "updated_at": answer.json["updated_at"]}
    assert (await anna.put(f"/api/projects/{project['id']}", {})).wrong == {"name": "required"}


async def test_money_has_the_places_of_its_currency(make: Make):
    anna = await make.owner()
    yen = await make.project(anna, budget="1234", currency="JPY")
    assert yen["budget"] == "1234"
    wrong = await anna.post("/api/projects", {"name": "x", "budget": "12.5", "currency": "JPY"})
    assert wrong.wrong == {"budget": "wrong_amount"}
    assert (await anna.post("/api/projects", {"name": "x", "currency": "XXY"})).wrong == {
        "currency": "unknown_currency"
    }
    dinar = await anna.patch(f"/api/projects/{yen['id']}", {"currency": "KWD"})
    assert dinar.json["budget"] == "1234.000"
    event = (await make.happened(anna, yen, after=1))[0]
    assert event["changes"] == {"currency": ["JPY", "KWD"], "budget": ["1234", "1234.000"]}


async def test_every_wrong_field_is_named(make: Make):
    anna = await make.owner()
    answer = await anna.post(
        "/api/projects", {"name": "", "status": "lost", "budget": 12, "color": "red", "columns": [], "more": 1}
    )
    assert answer == 422
    assert answer.wrong == {
        "name": "too_short",
        "status": "not_allowed",
        "budget": "string_type",
        "color": "string_pattern_mismatch",
        "columns": "too_few",
        "more": "unknown_field",
    }
    dates = await anna.post("/api/projects", {"name": "x", "start_on": "2026-02-02", "due_on": "2026-02-01"})
    assert dates.wrong == {"due_on": "before_start"}


async def test_archiving_is_told_twice_once_as_a_change_and_once_by_name(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    assert (await anna.patch(f"/api/projects/{project['id']}", {"status": "archived"})).json["status"] == "archived"
    events = await make.happened(anna, project, after=1)
    assert [e["type"] for e in events] == ["project.updated", "project.archived"]


async def test_a_column_with_tasks_in_it_cannot_go(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    await make.task(anna, project, status="review")
    fewer = [c for c in COLUMNS if c["key"] != "review"]
    refused = await anna.patch(f"/api/projects/{project['id']}", {"columns": fewer})
    assert refused == 409
    assert (refused.code, refused.json["column"], refused.json["tasks"]) == ("column_in_use", "review", 1)
    none = [c for c in COLUMNS if c["key"] != "doing"]
    answer = await anna.patch(f"/api/projects/{project['id']}", {"columns": none})
    assert answer == 200, answer
    assert answer.json["columns"] == none


async def test_a_board_needs_distinct_keys_and_both_kinds_of_columns(make: Make):
    anna = await make.owner()
    twice = await anna.post("/api/projects", {"name": "x", "columns": [COLUMNS[0], COLUMNS[0] | {"done": True}]})
    assert twice.wrong == {"columns": "not_unique"}
    open_only = await anna.post("/api/projects", {"name": "x", "columns": COLUMNS[:2]})
    assert open_only.wrong == {"columns": "unbalanced"}


async def test_a_column_that_becomes_done_finishes_its_tasks(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project, status="review")
    columns = [c | {"done": c["key"] in ("review", "done")} for c in COLUMNS]
    answer = await anna.patch(f"/api/projects/{project['id']}", {"columns": columns})
    assert answer == 200, answer
    assert answer.json["progress"] == 100
    assert (await anna.get(f"/api/tasks/{task['id']}")).json["completed_at"] is not None
    types = [e["type"] for e in await make.happened(anna, project, after=2)]
    assert types == ["project.updated", "task.updated", "task.completed"]


async def test_members_see_only_their_projects(make: Make):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    mine, other = await make.project(anna, ben), await make.project(anna)
    assert [p["id"] for p in (await ben.get("/api/projects")).json["items"]] == [mine["id"]]
    for path in ("", "/members", "/tasks", "/board", "/events", "/milestones"):
        assert await ben.get(f"/api/projects/{other['id']}{path}") == 404, path
        assert await ben.get(f"/api/projects/{mine['id']}{path}") == 200, path
    assert await ben.patch(f"/api/projects/{other['id']}", {"name": "x"}) == 404
    refused = await ben.patch(f"/api/projects/{mine['id']}", {"name": "x"})
    assert (refused.status, refused.code, refused.json["permission"]) == (403, "permission_denied", "projects:write")


async def test_people_come_and_go(make: Make):
    anna = await make.owner()
    ben: Person = await make.member(anna, name="Ben")
    project = await make.project(anna)
    path = f"/api/projects/{project['id']}/members"
    added = await anna.post(path, {"user_id": ben.id})
    assert added == 201, added
    member = added.json
    assert member == {
        "id": member["id"],
        "version": 1,
        "created_at": member["created_at"],
        "updated_at": member["created_at"],
        "project_id": project["id"],
        "user_id": ben.id,
        "user": {"id": ben.id, "name": "Ben", "email": ben.user["email"], "avatar_url": None},
        "role": "member",
        "joined_at": member["created_at"],
    }
    assert (await anna.post(path, {"user_id": ben.id})).code == "already_member"
    assert (await anna.post(path, {"user_id": project["id"]})).wrong == {"user_id": "not_found"}
    included = (await anna.get(f"/api/projects/{project['id']}?include=members,client")).json
    assert included["client"] is None
    assert {p["name"] for p in included["members"]} == {"Ben", anna.user["name"]}
    assert await ben.get(f"/api/projects/{project['id']}") == 200
    assert await anna.delete(f"{path}/{ben.id}") == 204
    assert await ben.get(f"/api/projects/{project['id']}") == 404
    assert await anna.delete(f"{path}/{ben.id}") == 404
    events = [plain(e) for e in await make.happened(anna, project, after=1)]
    detail = {"user_id": ben.id, "member_id": ben.member_id, "name": "Ben"}
    assert events == [
        ("project.member_added", {}, detail),
        ("project.member_removed", {}, detail | {"role": "member"}),
    ]


async def test_a_removed_project_is_gone_with_its_tasks(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project)
    assert await anna.delete(f"/api/projects/{project['id']}") == 204
    assert await anna.get(f"/api/projects/{project['id']}") == 404
    assert await anna.get(f"/api/tasks/{task['id']}") == 404


async def test_lists_are_filtered_searched_sorted_and_paged(make: Make):
    anna = await make.owner()
    for name, due in (("Café menu", "2026-03-01"), ("Logo", None), ("Caravan", "2026-01-01")):
        await make.project(anna, name=name, due_on=due)
    await make.project(anna, name="Old", status="archived")

    async def names(query: str) -> list[str]:
        answer = await anna.get(f"/api/projects?{query}")
        assert answer == 200, answer
        return [p["name"] for p in answer.json["items"]]

    assert await names("sort=due_on&status=active") == ["Caravan", "Café menu", "Logo"]
    assert await names("q=cafe") == ["Café menu"]
    assert set(await names("q=ca")) == {"Café menu", "Caravan"}
    assert await names("due_on[null]=true&status[ne]=archived") == ["Logo"]
    first = (await anna.get("/api/projects?sort=due_on&limit=2&total=true")).json
    assert first["total"] == 4
    assert [p["name"] for p in first["items"]] == ["Caravan", "Café menu"]
    assert sorted(await names(f"sort=due_on&limit=2&cursor={first['next_cursor']}")) == ["Logo", "Old"]
    assert (await anna.get("/api/projects?budget=1")).wrong == {"budget": "unknown_parameter"}


async def test_milestones(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    path = f"/api/projects/{project['id']}/milestones"
    late = (await anna.post(path, {"name": "Launch", "due_on": "2026-06-01"})).json
    soon = await anna.post(path, {"name": "Draft", "due_on": "2026-05-01"})
    assert soon == 201, soon
    assert soon.headers["Location"] == f"/api/milestones/{soon.json['id']}"
    assert [m["name"] for m in (await anna.get(path)).json["items"]] == ["Draft", "Launch"]
    done = await anna.patch(f"/api/milestones/{late['id']}", {"done": True})
    assert done.json == late | {"done": True, "version": 2, "updated_at": done.json["updated_at"]}
    assert await anna.delete(f"/api/milestones/{late['id']}") == 204
    events = await make.happened(anna, project, after=1)
    assert [(e["type"], e["changes"]) for e in events] == [
        ("milestone.created", {}),
        ("milestone.created", {}),
        ("milestone.updated", {"done": [False, True]}),
        ("milestone.deleted", {}),
    ]


async def test_if_match_names_the_version_that_may_be_changed(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    path = f"/api/projects/{project['id']}"
    assert await anna.patch(path, {"name": "A"}, headers={"If-Match": '"1"'}) == 200
    assert await anna.patch(path, {"name": "B"}, headers={"If-Match": '"1"'}) == 412
    assert await anna.delete(path, headers={"If-Match": '"1"'}) == 412
    assert await anna.get(path, headers={"If-None-Match": '"2"'}) == 304
