"""The board: cards in order, moved beside each other, finished by their column."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from tests.factories import Make
from tests.todos.test_tasks import facts


async def test_the_board_answers_the_tasks_in_order_and_where_it_is_true(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    one, two = await make.task(anna, project), await make.task(anna, project)
    three = await make.task(anna, project, status="doing")
    answer = await anna.get(f"/api/projects/{project['id']}/board")
    assert answer == 200, answer
    room = (await anna.get(f"/api/projects/{project['id']}/events")).json
    columns = [(c["key"], c["name"], c["done"], [t["id"] for t in c["tasks"]]) for c in answer.json["columns"]]
    assert answer.json["project"] == project
    assert columns == [
        ("todo", "To do", False, [one["id"], two["id"]]),
        ("doing", "Doing", False, [three["id"]]),
        ("review", "Review", False, []),
        ("done", "Done", True, []),
    ]
    assert answer.json["columns"][0]["tasks"] == [one, two]
    assert (answer.json["room"], answer.json["seq"]) == (f"project:{project['id']}", 4)
    assert answer.json["epoch"] == room["epoch"] != ""


async def order(anna: Any, project: dict[str, Any], status: str = "todo") -> list[str]:
    board = (await anna.get(f"/api/projects/{project['id']}/board")).json
    return [t["title"] for c in board["columns"] if c["key"] == status for t in c["tasks"]]


async def test_cards_are_moved_beside_each_other(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    tasks = {name: await make.task(anna, project, title=name) for name in "abcd"}

    async def move(name: str, status: str = "todo", **beside: str) -> dict[str, Any]:
        body = {"status": status} | {side: tasks[other]["id"] for side, other in beside.items()}
        answer = await anna.patch(f"/api/tasks/{tasks[name]['id']}/move", body)
        assert answer == 200, answer
        return answer.json

    moved = await move("d", before_id="b")
    assert await order(anna, project) == ["a", "d", "b", "c"]
    (event,) = await make.happened(anna, project, after=5)
    assert facts([event]) == [("task.updated", {"rank": [tasks["d"]["rank"], moved["rank"]]})]
    assert event["data"] == moved
    assert (await move("d", after_id="a"))["version"] == moved["version"]
    assert await make.happened(anna, project, after=6) == []
    await move("a", after_id="c")
    assert await order(anna, project) == ["d", "b", "c", "a"]
    assert (await move("a"))["version"] == 2
    await move("d")
    assert await order(anna, project) == ["b", "c", "a", "d"]
    await move("c", "doing")
    await move("b", "doing", before_id="c")
    assert await order(anna, project, "doing") == ["b", "c"]
    path = f"/api/tasks/{tasks['a']['id']}/move"
    assert (await anna.patch(path, {"status": "todo", "before_id": tasks["b"]["id"]})).code == "neighbour_moved"
    assert (await anna.patch(path, {"status": "todo", "before_id": tasks["a"]["id"]})).wrong == {
        "before_id": "not_allowed"
    }
    assert (await anna.patch(path, {"status": "nowhere"})).wrong == {"status": "unknown_column"}
    both = {"status": "todo", "before_id": tasks["b"]["id"], "after_id": tasks["c"]["id"]}
    assert list((await anna.patch(path, both)).wrong.values()) == ["both_given"]


async def test_two_who_move_to_the_same_place_at_once_get_two_places(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    anchor = await make.task(anna, project, title="anchor")
    tasks = [await make.task(anna, project, status="doing") for _ in range(8)]
    body = {"status": "todo", "before_id": anchor["id"]}
    answers = await asyncio.gather(*(anna.patch(f"/api/tasks/{t['id']}/move", body) for t in tasks))
    assert {a.status for a in answers} == {200}
    made = await asyncio.gather(
        *(anna.post("/api/tasks", {"title": "n", "project_id": project["id"]}) for _ in "12345")
    )
    ranks = [a.json["rank"] for a in [*answers, *made]]
    assert len(set(ranks)) == len(ranks)
    assert (await order(anna, project)).index("anchor") == 8


async def test_a_done_column_finishes_and_leaving_it_opens_again(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project)
    done = await anna.patch(f"/api/tasks/{task['id']}/complete")
    assert done == 200, done
    assert (done.json["status"], done.json["completed_at"] is not None) == ("done", True)
    assert (await anna.get(f"/api/projects/{project['id']}")).json["progress"] == 100
    assert (await anna.patch(f"/api/tasks/{task['id']}/complete")).json == done.json
    undone = await anna.patch(f"/api/tasks/{task['id']}/uncomplete")
    assert (undone.json["status"], undone.json["completed_at"]) == ("todo", None)
    moved = await anna.patch(f"/api/tasks/{task['id']}/move", {"status": "done"})
    assert moved.json["completed_at"] is not None
    types = [e["type"] for e in await make.happened(anna, project, after=2)]
    assert types == [
        *("task.updated", "task.completed"),
        *("task.updated", "task.uncompleted"),
        *("task.updated", "task.completed"),
    ]


async def test_cards_make_room_when_the_ranks_between_them_have_grown_long(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    tasks = [await make.task(anna, project, title=str(n)) for n in range(6)]
    for n, task in enumerate(tasks[1:5], start=1):
        await make.sql("UPDATE task SET rank = $2 WHERE id = $1", uuid.UUID(task["id"]), f"V00000{'0' * 40}{n}")
    body = {"status": "todo", "before_id": tasks[3]["id"]}
    moved = await anna.patch(f"/api/tasks/{tasks[5]['id']}/move", body)
    assert moved == 200, moved
    assert await order(anna, project) == ["0", "1", "2", "5", "3", "4"]
    board = (await anna.get(f"/api/projects/{project['id']}/board")).json
    cards = {t["id"]: t for t in board["columns"][0]["tasks"]}
    assert max(len(t["rank"]) for t in cards.values()) == 6
    events = await make.happened(anna, project, after=7)
    assert events[0]["subject"]["id"] == tasks[5]["id"]
    assert {e["subject"]["id"] for e in events} == set(cards)
    for event in events:
        assert event["type"] == "task.updated"
        assert list(event["changes"]) == ["rank"]
        assert event["changes"]["rank"][1] == cards[event["subject"]["id"]]["rank"]
        assert event["data"] == cards[event["subject"]["id"]]
