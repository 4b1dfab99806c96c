"""Comments, checklists and time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make


def told(events: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(e["type"], e["changes"]) for e in events]


async def test_a_comment_calls_people_by_name(make: Make):
    anna = await make.owner(name="Anna Berg")
    ben, cleo = await make.member(anna, name="Ben"), await make.member(anna, name="Ben Long")
    project = await make.project(anna, ben, cleo)
    outsider = await make.member(anna, name="Zoe")
    task = await make.task(anna, project, title="Logo")
    at = (await make.happened(anna, project))[-1]["seq"]
    path = f"/api/tasks/{task['id']}/comments"
    answer = await anna.post(path, {"body": "@ben long, look. @Zoe too. mail me@Ben.example"})
    assert answer == 201, answer
    comment = answer.json
    assert answer.headers["Location"] == f"/api/comments/{comment['id']}"
    assert comment == {
        "id": comment["id"],
        "version": 1,
        "created_at": comment["created_at"],
        "updated_at": comment["created_at"],
        "task_id": task["id"],
        "body": "@ben long, look. @Zoe too. mail me@Ben.example",
        "mentions": [cleo.id],
        "author": {"id": anna.id, "name": "Anna Berg", "avatar_url": None},
        "visibility": "team",
    }
    (event,) = await make.happened(anna, project, after=at)
    assert (event["type"], event["data"]) == ("comment.created", comment)
    assert event["detail"] == {"task_id": task["id"], "task_title": "Logo"}
    (called,) = await make.heard(cleo, "comment.mentioned")
    assert called["detail"] == {
        "task_id": task["id"],
        "task_title": "Logo",
        "member_ids": [cleo.member_id],
        "user_ids": [cleo.id],
        "names": ["Ben Long"],
    }
    assert await make.heard(outsider) == []
    by_id = await anna.post(path, {"body": f"@[Benny]({ben.id}) and @{cleo.user['email']}", "visibility": "client"})
    assert by_id.json["mentions"] == [ben.id, cleo.id]
    assert [c["id"] for c in (await ben.get(path)).json["items"]] == [comment["id"], by_id.json["id"]]


async def test_a_first_name_calls_whom_alone_it_can_mean(make: Make):
    anna = await make.owner(name="Anna Berg")
    jo, zoe = await make.member(anna, name="Jo Weber"), await make.member(anna, name="Zoe Arnold")
    other, stranger = await make.member(anna, name="Zoe Beck"), await make.member(anna, name="Anna Stein")
    path = f"/api/tasks/{(await make.task(anna, await make.project(anna, jo, zoe, other)))['id']}/comments"
    said = await anna.post(path, {"body": "@zoe and @jo, ask @anna. Not @Jolanda, nor @Zoe Arno"})
    assert said.json["mentions"] == [jo.id, anna.id], "two are called Zoe, and Anna Stein does not see the project"
    assert (await anna.post(path, {"body": "@Zoe Beck"})).json["mentions"] == [other.id]
    assert stranger.id not in said.json["mentions"]


async def test_only_the_author_edits_and_managers_may_remove(make: Make):
    anna = await make.owner()
    ben, cleo = await make.member(anna, name="Ben"), await make.member(anna, name="Cleo")
    project = await make.project(anna, ben, cleo)
    task = await make.task(anna, project)
    comment = (await ben.post(f"/api/tasks/{task['id']}/comments", {"body": "Hi"})).json
    path = f"/api/comments/{comment['id']}"
    for person in (anna, cleo):
        refused = await person.patch(path, {"body": "Ho"})
        assert (refused.status, refused.code) == (403, "not_author")
    assert (await cleo.delete(path)).code == "not_author"
    at = (await make.happened(anna, project))[-1]["seq"]
    edited = await ben.patch(path, {"body": "Hi @Cleo"})
    assert edited.json == comment | {
        "body": "Hi @Cleo",
        "mentions": [cleo.id],
        "version": 2,
        "updated_at": edited.json["updated_at"],
    }
    assert (await ben.patch(path, {"body": "Hi @Cleo"})).json == edited.json
    assert await anna.delete(path) == 204
    assert await ben.patch(path, {"body": "x"}) == 404
    assert told(await make.happened(anna, project, after=at)) == [
        ("comment.updated", {"body": ["Hi", "Hi @Cleo"], "mentions": [[], [cleo.id]]}),
        ("comment.deleted", {}),
    ]
    assert len(await make.heard(cleo, "comment.mentioned")) == 1


async def test_a_checklist_is_ticked_and_its_card_shows_it(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project)
    path = f"/api/tasks/{task['id']}/checklist"
    first = await anna.post(path, {"title": "Sketch"})
    assert first == 201, first
    item = first.json
    assert item == {
        "id": item["id"],
        "version": 1,
        "created_at": item["created_at"],
        "updated_at": item["created_at"],
        "task_id": task["id"],
        "title": "Sketch",
        "done": False,
        "position": 1,
    }
    await anna.post(path, {"title": "Ink"})
    ticked = await anna.patch(f"/api/checklist-items/{item['id']}", {"done": True, "position": 5})
    assert ticked.json["done"] is True
    assert [i["title"] for i in (await anna.get(path)).json["items"]] == ["Ink", "Sketch"]
    assert (await anna.get(f"/api/tasks/{task['id']}")).json["checklist"] == {"total": 2, "done": 1}
    assert await anna.delete(f"/api/checklist-items/{item['id']}") == 204
    counts = [{"total": t, "done": d} for t, d in ((0, 0), (1, 0), (2, 0), (2, 1), (1, 0))]
    assert told(await make.happened(anna, project, after=2)) == [
        ("checklist_item.created", {}),
        ("task.updated", {"checklist": counts[0:2]}),
        ("checklist_item.created", {}),
        ("task.updated", {"checklist": counts[1:3]}),
        ("checklist_item.updated", {"done": [False, True], "position": [1, 5]}),
        ("task.updated", {"checklist": counts[2:4]}),
        ("checklist_item.deleted", {}),
        ("task.updated", {"checklist": counts[3:5]}),
    ]


async def test_time_is_reckoned_from_start_and_end(make: Make):
    anna = await make.owner()
    project = await make.project(anna, currency="JPY")
    task = await make.task(anna, project)
    path = f"/api/tasks/{task['id']}/time-entries"
    body = {"started_at": "2026-03-01T09:00:00Z", "ended_at": "2026-03-01T10:29:40Z", "rate": "120", "note": "Ink"}
    answer = await anna.post(path, body)
    assert answer == 201, answer
    entry = answer.json
    assert entry == body | {
        "id": entry["id"],
        "version": 1,
        "created_at": entry["created_at"],
        "updated_at": entry["created_at"],
        "task_id": task["id"],
        "user_id": anna.id,
        "user": {"id": anna.id, "name": anna.user["name"], "avatar_url": None},
        "minutes": 90,
        "billable": True,
        "currency": "JPY",
    }
    short = (await anna.post(path, {"started_at": "2026-03-02T09:00:00Z", "minutes": 45})).json
    assert (short["ended_at"], short["minutes"]) == ("2026-03-02T09:45:00Z", 45)
    assert [e["id"] for e in (await anna.get(path)).json["items"]] == [short["id"], entry["id"]]
    changed = await anna.patch(f"/api/time-entries/{entry['id']}", {"ended_at": "2026-03-01T09:30:00Z"})
    assert (changed.json["minutes"], changed.json["version"]) == (30, 2)
    events = await make.heard(anna)
    assert [e["type"] for e in events] == ["time_entry.created", "time_entry.created", "time_entry.updated"]
    assert [e["type"] for e in await make.happened(anna, project, after=2)] == []


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({}, {"started_at": "required"}),
        ({"started_at": "2026-03-01T09:00:00"}, {"started_at": "timezone_aware"}),
        ({"started_at": "2026-03-01T09:00:00Z", "ended_at": "2026-03-01T08:00:00Z"}, {"ended_at": "before_start"}),
        (
            {"started_at": "2026-03-01T09:00:00Z", "ended_at": "2026-03-01T09:10:00Z", "minutes": 11},
            {"minutes": "too_large"},
        ),
        ({"started_at": "2026-03-01T09:00:00Z", "rate": "1.005"}, {"rate": "wrong_amount"}),
    ],
)
async def test_time_that_cannot_be(make: Make, wrong: dict[str, Any], expected: dict[str, str]):
    anna = await make.owner()
    task = await make.task(anna, await make.project(anna))
    refused = await anna.post(f"/api/tasks/{task['id']}/time-entries", wrong)
    assert refused.wrong == expected


async def test_a_person_has_one_running_timer(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    one, two = await make.task(anna, project), await make.task(anna, project)
    first = (await anna.post(f"/api/tasks/{one['id']}/time-entries", {"started_at": "2026-03-01T09:00:00Z"})).json
    assert (first["ended_at"], first["minutes"]) == (None, None)
    second = await anna.post(f"/api/tasks/{two['id']}/time-entries", {"started_at": "2026-03-01T10:00:00Z"})
    assert second == 201, second
    stopped = (await anna.get(f"/api/tasks/{one['id']}/time-entries")).json["items"][0]
    assert stopped["ended_at"] is not None
    assert stopped["version"] == 2
    events = [(e["type"], e["subject"]["id"]) for e in await make.heard(anna)]
    assert events == [
        ("time_entry.created", first["id"]),
        ("time_entry.updated", first["id"]),
        ("time_entry.created", second.json["id"]),
    ]


async def test_time_is_ones_own_except_for_managers(make: Make):
    anna = await make.owner()
    ben, cleo = await make.member(anna), await make.member(anna)
    project = await make.project(anna, ben, cleo)
    task = await make.task(anna, project)
    path = f"/api/tasks/{task['id']}/time-entries"
    entry = (await ben.post(path, {"started_at": "2026-03-01T09:00:00Z", "minutes": 5})).json
    assert (await cleo.get(path)).json["items"] == []
    assert await cleo.patch(f"/api/time-entries/{entry['id']}", {"note": "x"}) == 404
    assert [e["id"] for e in (await anna.get(path)).json["items"]] == [entry["id"]]
    assert (await anna.patch(f"/api/time-entries/{entry['id']}", {"note": "x"})).json["note"] == "x"
    assert await ben.delete(f"/api/time-entries/{entry['id']}") == 204
    assert (await ben.get(path)).json["items"] == []
