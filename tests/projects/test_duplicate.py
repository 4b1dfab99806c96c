"""A new project from an old one."""

from __future__ import annotations

from tests.factories import Make


async def test_the_copy_has_everything_but_talk_and_time_with_its_dates_shifted(make: Make):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    source = await make.project(
        anna, ben, name="Launch", start_on="2026-03-01", due_on="2026-04-01", budget="500", color="#112233"
    )
    await anna.post(f"/api/projects/{source['id']}/milestones", {"name": "Beta", "due_on": "2026-03-15", "done": True})
    first = await make.task(anna, source, title="first", due_at="2026-03-05T12:00:00Z", assignee_ids=[ben.id])
    then = await make.task(anna, source, title="then", labels=["x"], status="doing")
    below = await make.task(anna, source, title="below", parent_id=first["id"])
    await make.depends(anna, then, on=first)
    await anna.post(f"/api/tasks/{first['id']}/checklist", {"title": "Item", "done": True})
    await anna.post(f"/api/tasks/{first['id']}/comments", {"body": "Hi"})
    await anna.patch(f"/api/tasks/{below['id']}/complete")
    answer = await anna.post(f"/api/projects/{source['id']}/duplicate", {"name": "Again", "start_on": "2026-05-01"})
    assert answer == 201, answer
    copy = answer.json
    assert answer.headers["Location"] == f"/api/projects/{copy['id']}"
    new = {"name": "Again", "start_on": "2026-05-01", "due_on": "2026-06-01", "version": 1, "progress": 0}
    times = {n: copy[n] for n in ("id", "created_at", "updated_at")}
    assert copy == source | new | times
    milestones = (await ben.get(f"/api/projects/{copy['id']}/milestones")).json["items"]
    assert [(m["name"], m["due_on"], m["done"]) for m in milestones] == [("Beta", "2026-05-15", False)]
    tasks = {t["title"]: t for t in (await ben.get(f"/api/projects/{copy['id']}/tasks")).json["items"]}
    assert (tasks["first"]["due_at"], tasks["first"]["assignee_ids"]) == ("2026-05-05T12:00:00Z", [ben.id])
    assert (tasks["then"]["status"], tasks["then"]["labels"], tasks["then"]["blocked"]) == ("doing", ["x"], True)
    assert (tasks["below"]["status"], tasks["below"]["parent_id"]) == ("todo", tasks["first"]["id"])
    assert tasks["first"]["checklist"] == {"total": 1, "done": 0}
    assert (await ben.get(f"/api/tasks/{tasks['first']['id']}/comments")).json["items"] == []
    events = await make.happened(anna, copy)
    assert [(e["type"], e["detail"].get("copied_from", e["detail"].get("name"))) for e in events] == [
        ("project.created", source["id"]),
        ("project.member_added", "Ben"),
    ]


async def test_without_a_date_nothing_is_shifted(make: Make):
    anna = await make.owner()
    source = await make.project(anna, name="Plain", due_on="2026-04-01")
    await make.task(anna, source, due_at="2026-03-05T12:00:00Z")
    copy = (await anna.post(f"/api/projects/{source['id']}/duplicate")).json
    assert (copy["name"], copy["due_on"]) == ("Plain (copy)", "2026-04-01")
    tasks = (await anna.get(f"/api/projects/{copy['id']}/tasks")).json["items"]
    assert [t["due_at"] for t in tasks] == ["2026-03-05T12:00:00Z"]
