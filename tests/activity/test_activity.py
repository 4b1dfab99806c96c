"""The activity feed: what happened in a project, newest first, as sentences."""

from __future__ import annotations

import pytest

from server.activity.sentences import sentence
from tests.factories import Make


async def test_the_feed_tells_what_happened_newest_first(make: Make) -> None:
    owner = await make.owner(name="Ana")
    project = await make.project(owner, name="Brand film")
    task = await make.task(owner, project, title="Logo")
    assert await owner.patch(f"/api/tasks/{task['id']}", {"title": "Logo v2", "priority": "high"}) == 200
    answer = await owner.get(f"/api/projects/{project['id']}/activity")
    assert answer == 200
    newest = answer.json["items"][0]
    assert set(newest) == {"id", "type", "at", "actor", "subject", "sentence", "changes", "detail"}
    assert newest["sentence"] == "Ana changed “Logo v2”: title from Logo to Logo v2, priority from medium to high"
    assert newest["subject"] == {"kind": "task", "id": task["id"], "version": 2}
    assert newest["changes"] == {"title": ["Logo", "Logo v2"], "priority": ["medium", "high"]}
    said = [one["sentence"] for one in answer.json["items"]]
    assert said[1] == "Ana added “Logo”"
    assert said[-1] == "Ana created the project “Brand film”"


async def test_the_feed_tells_nobody_what_is_for_single_people(make: Make) -> None:
    owner = await make.owner()
    colleague = await make.member(owner, name="Bo")
    project = await make.project(owner, colleague)
    task = await make.task(owner, project)
    assert await owner.patch(f"/api/tasks/{task['id']}", {"assignee_ids": [colleague.id]}) == 200
    log = {"started_at": "2026-11-02T09:00:00Z", "minutes": 30}
    assert await owner.post(f"/api/tasks/{task['id']}/time-entries", log) == 201
    assert await owner.post(f"/api/tasks/{task['id']}/comments", {"body": "Hello @Bo"}) == 201
    feed = (await colleague.get(f"/api/projects/{project['id']}/activity")).json["items"]
    told = {one["type"] for one in feed}
    assert told >= {"comment.created", "task.updated", "task.created"}
    assert told.isdisjoint({"task.assigned", "comment.mentioned", "time_entry.created", "notification.created"})


async def test_the_feed_comes_in_pages_without_holes(make: Make) -> None:
    owner = await make.owner()
    project = await make.project(owner)
    for n in range(5):
        await make.task(owner, project, title=f"Task {n}")
    path = f"/api/projects/{project['id']}/activity"
    whole = [one["id"] for one in (await owner.get(path)).json["items"]]
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = (await owner.get(f"{path}?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert seen == whole
    assert (await owner.get(f"{path}?cursor=nonsense")).wrong == {"cursor": "wrong_value"}
    assert (await owner.get(f"{path}?limit=0")) == 422
    assert (await owner.get(f"{path}?since=yesterday")) == 422


async def test_only_who_sees_the_project_sees_its_feed(make: Make) -> None:
    owner, stranger = await make.owner(), await make.owner()
    inside, outside = await make.member(owner), await make.member(owner)
    project = await make.project(owner, inside)
    path = f"/api/projects/{project['id']}/activity"
    assert await inside.get(path) == 200
    assert await outside.get(path) == 404
    assert await stranger.get(path) == 404


ANA = {"kind": "user", "id": "x", "name": "Ana"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"status": ["todo", "doing"], "rank": ["a", "b"]}, "Ana changed “Logo”: status from todo to doing"),
        ({"rank": ["a", "b"]}, "Ana changed “Logo”: its place"),
        ({"due_at": [None, "2026-12-01T10:00:00Z"]}, "Ana changed “Logo”: due set to 1 Dec 2026, 10:00 UTC"),
        ({"due_at": ["2026-12-01T10:00:00Z", None]}, "Ana changed “Logo”: due removed"),
        ({"assignee_ids": [[], ["x"]]}, "Ana changed “Logo”: assignee"),
        ({"billable": [False, True]}, "Ana changed “Logo”: billable from no to yes"),
        (
            {
                "custom": [
                    {"print_run": 100, "paper": "A4"},
                    {"print_run": 250, "paper": "A4", "proof_on": "2026-12-01"},
                ]
            },
            "Ana changed “Logo”: print run from 100 to 250, proof set to 1 Dec 2026",
        ),
        ({"address": [{"city": "Bonn"}, None]}, "Ana changed “Logo”: city removed"),
        ({"due_on": [None, "2026-12-01"]}, "Ana changed “Logo”: due set to 1 Dec 2026"),
    ],
)
def test_changes_read_as_words(url: str, changes: dict[str, list[object]], said: str) -> None:
    assert sentence("task.updated", ANA, "task", {"title": "Logo"}, changes, {}) == said


def test_a_fact_of_newer_code_still_reads(url: str) -> None:
    assert sentence("task.teleported", ANA, "task", None, None, None) == "Ana: task.teleported"
