"""What waits for what."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.factories import Make


def facts(events: list[dict[str, Any]]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(e["type"], e["subject"]["id"], e["changes"]) for e in events]


async def test_both_ways_are_shown_and_told(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    first, then = await make.task(anna, project, title="first"), await make.task(anna, project, title="then")
    path = f"/api/tasks/{then['id']}/dependencies"
    answer = await anna.post(path, {"depends_on_id": first["id"]})
    assert answer == 201, answer
    assert answer.headers["Location"] == path
    assert answer.json == {"blocked_by": [first], "blocks": []}
    assert (await anna.get(path)).json == answer.json
    back = (await anna.get(f"/api/tasks/{first['id']}/dependencies")).json
    assert [t["id"] for t in back["blocks"]] == [then["id"]]
    assert back["blocked_by"] == []
    (event,) = await make.happened(anna, project, after=3)
    assert facts([event]) == [("task.dependency_added", then["id"], {"blocked": [False, True]})]
    assert event["detail"] == {"depends_on_id": first["id"], "depends_on_title": "first"}
    assert event["data"] == (await anna.get(f"/api/tasks/{then['id']}")).json
    assert (event["data"]["blocked"], event["data"]["version"]) == (True, 2)
    for blocked, expected in (("true", [then["id"]]), ("false", [first["id"]])):
        listed = (await anna.get(f"/api/tasks?blocked={blocked}&status=todo")).json["items"]
        assert [t["id"] for t in listed] == expected
    assert (await anna.post(path, {"depends_on_id": first["id"]})).code == "already_exists"
    assert await anna.delete(f"{path}/{first['id']}") == 204
    assert await anna.delete(f"{path}/{first['id']}") == 404
    removed = await make.happened(anna, project, after=4)
    assert [e["type"] for e in removed] == ["task.dependency_removed", "task.unblocked"]
    assert (await anna.get(f"/api/tasks/{then['id']}")).json["blocked"] is False


async def test_a_circle_is_refused_with_the_path_that_would_close_it(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    a, b, c, d = [await make.task(anna, project, title=t) for t in "abcd"]
    await make.depends(anna, b, on=a)
    await make.depends(anna, c, on=b)
    await make.depends(anna, c, on=d)
    refused = await anna.post(f"/api/tasks/{a['id']}/dependencies", {"depends_on_id": c["id"]})
    assert (refused.status, refused.code) == (409, "dependency_cycle")
    assert refused.json["path"] == [{"id": t["id"], "title": t["title"]} for t in (a, c, b, a)]
    itself = await anna.post(f"/api/tasks/{a['id']}/dependencies", {"depends_on_id": a["id"]})
    assert (itself.code, [p["title"] for p in itself.json["path"]]) == ("dependency_cycle", ["a", "a"])
    other = await make.task(anna, await make.project(anna))
    far = await anna.post(f"/api/tasks/{a['id']}/dependencies", {"depends_on_id": other["id"]})
    assert far.wrong == {"depends_on_id": "other_project"}


async def test_two_at_once_cannot_close_a_circle(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    for _ in range(5):
        a, b = await make.task(anna, project), await make.task(anna, project)
        answers = await asyncio.gather(
            anna.post(f"/api/tasks/{a['id']}/dependencies", {"depends_on_id": b["id"]}),
            anna.post(f"/api/tasks/{b['id']}/dependencies", {"depends_on_id": a["id"]}),
        )
        assert sorted(x.status for x in answers) == [201, 409]


async def test_finishing_the_last_blocker_tells_what_it_unblocked(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    project = await make.project(anna, ben)
    one, two = await make.task(anna, project), await make.task(anna, project)
    waits = await make.task(anna, project, assignee_ids=[ben.id])
    await make.depends(anna, waits, on=one)
    await make.depends(anna, waits, on=two)
    at = (await make.happened(anna, project))[-1]["seq"]
    await anna.patch(f"/api/tasks/{one['id']}/complete")
    assert [e["type"] for e in await make.happened(anna, project, after=at)] == ["task.updated", "task.completed"]
    await anna.patch(f"/api/tasks/{two['id']}/move", {"status": "done"})
    unblocked = (await make.happened(anna, project, after=at + 2))[-1]
    assert facts([unblocked]) == [("task.unblocked", waits["id"], {"blocked": [True, False]})]
    assert unblocked["detail"] == {"because_of": two["id"], "member_ids": [ben.member_id]}
    assert unblocked["data"] == (await anna.get(f"/api/tasks/{waits['id']}")).json
    assert [e["id"] for e in await make.heard(ben, "task.unblocked")] == [unblocked["id"]]
    await anna.patch(f"/api/tasks/{one['id']}/uncomplete")
    assert (await make.happened(anna, project, after=unblocked["seq"]))[-1]["type"] == "task.blocked"


async def test_of_two_blockers_finished_at_once_one_tells(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    for _ in range(4):
        one, two, waits = [await make.task(anna, project) for _ in "123"]
        await make.depends(anna, waits, on=one)
        await make.depends(anna, waits, on=two)
        at = (await make.happened(anna, project))[-1]["seq"]
        await asyncio.gather(*(anna.patch(f"/api/tasks/{t['id']}/complete") for t in (one, two)))
        told = [e for e in await make.happened(anna, project, after=at) if e["type"] == "task.unblocked"]
        assert [e["subject"]["id"] for e in told] == [waits["id"]]


async def test_a_removed_blocker_blocks_no_more(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    one, waits = await make.task(anna, project), await make.task(anna, project)
    await make.depends(anna, waits, on=one)
    assert await anna.delete(f"/api/tasks/{one['id']}") == 204
    events = await make.happened(anna, project, after=4)
    assert [(e["type"], e["subject"]["id"]) for e in events] == [
        ("task.deleted", one["id"]),
        ("task.unblocked", waits["id"]),
    ]
    assert (await anna.get(f"/api/tasks/{waits['id']}")).json["blocked"] is False


async def test_a_finished_blocker_that_is_removed_unblocks_nobody_again(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    one, waits = await make.task(anna, project), await make.task(anna, project)
    await make.depends(anna, waits, on=one)
    await anna.patch(f"/api/tasks/{one['id']}/complete")
    free, at = (await anna.get(f"/api/tasks/{waits['id']}")).json, (await make.happened(anna, project))[-1]["seq"]
    assert await anna.delete(f"/api/tasks/{one['id']}") == 204
    assert [e["type"] for e in await make.happened(anna, project, after=at)] == ["task.deleted"]
    assert (await anna.get(f"/api/tasks/{waits['id']}")).json == free


async def test_moving_a_date_can_shift_what_waits_for_it(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    dates = {"start_at": "2026-03-01T09:00:00Z", "due_at": "2026-03-05T09:00:00Z"}
    a, b, c = [await make.task(anna, project, **dates) for _ in "abc"]
    undated = await make.task(anna, project)
    await make.depends(anna, b, on=a)
    await make.depends(anna, c, on=b)
    await make.depends(anna, undated, on=a)
    at = (await make.happened(anna, project))[-1]["seq"]
    plain = await anna.patch(f"/api/tasks/{a['id']}", {"due_at": "2026-03-06T09:00:00Z"})
    assert plain == 200
    assert (await anna.get(f"/api/tasks/{b['id']}")).json["due_at"] == dates["due_at"]
    body = {"due_at": "2026-03-08T10:00:00Z", "shift_dependents": True}
    assert await anna.patch(f"/api/tasks/{a['id']}", body) == 200
    shifted = [(await anna.get(f"/api/tasks/{t['id']}")).json for t in (b, c)]
    assert [(t["start_at"], t["due_at"]) for t in shifted] == [("2026-03-03T10:00:00Z", "2026-03-07T10:00:00Z")] * 2
    events = await make.happened(anna, project, after=at + 1)
    assert [e["subject"]["id"] for e in events] == [a["id"], *sorted([b["id"], c["id"]])]
    assert {e["type"] for e in events} == {"task.updated"}
