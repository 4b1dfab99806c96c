"""Many people changing one board at once: nothing gets stuck, and what was told is what there is."""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

from server.core.system import system_unit
from tests.factories import Make
from tests.helpers.processes import until

STATUSES = ["todo", "doing", "done"]


async def one_change(anna: Any, dice: random.Random, project: dict[str, Any], tasks: list[str]) -> int:
    """Something that people do on a board; gives the status of the answer."""
    task, *others = dice.sample(tasks, 5)
    path, status = f"/api/tasks/{task}", dice.choice(STATUSES)
    match dice.randrange(8):
        case 0:
            answer = await anna.patch(f"{path}/move", {"status": status})
        case 1:
            answer = await anna.patch(f"{path}/move", {"status": status, "before_id": others[0]})
        case 2:
            people = dice.choice([[], [anna.id]])
            answer = await anna.patch(path, {"title": str(dice.random()), "assignee_ids": people})
        case 3:
            answer = await anna.patch(f"{path}/{dice.choice(['complete', 'uncomplete'])}")
        case 4:
            answer = await anna.post("/api/tasks/bulk/update", {"ids": others, "changes": {"status": status}})
        case 5:
            answer = await anna.post("/api/tasks", {"title": "New", "project_id": project["id"]})
        case 6:
            answer = await anna.patch(path, {"labels": [str(dice.random())]})
        case _:
            body = {"due_at": f"2026-0{dice.randint(1, 9)}-01T00:00:00Z", "shift_dependents": True}
            answer = await anna.patch(path, body)
    return 200 if answer.status >= 400 and answer.code == "neighbour_moved" else answer.status


async def test_what_was_told_is_what_there_is(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    made = [await make.task(anna, project) for _ in range(16)]
    for n in range(6):
        await make.depends(anna, made[n], on=made[n + 6])
    tasks = [t["id"] for t in made]

    async def writer(seed: int) -> set[int]:
        dice = random.Random(seed)
        return {await one_change(anna, dice, project, tasks) for _ in range(15)}

    assert set().union(*await asyncio.gather(*(writer(n) for n in range(8)))) == {200, 201}
    board = (await anna.get(f"/api/projects/{project['id']}/board")).json
    rows = await make.sql("SELECT seq, wire FROM stream_entry WHERE room = $1 ORDER BY seq", board["room"])
    assert [r["seq"] for r in rows] == list(range(1, board["seq"] + 1))
    newest: dict[str, Any] = {}
    for data in (json.loads("{" + r["wire"])["data"] for r in rows):
        if data and "rank" in data and data["version"] >= newest.get(data["id"], data)["version"]:
            newest[data["id"]] = data
    cards = [card for column in board["columns"] for card in column["tasks"]]
    assert newest == {card["id"]: card for card in cards}
    for column in board["columns"]:
        ranks = [card["rank"] for card in column["tasks"]]
        assert ranks == sorted(set(ranks))
        assert {card["completed_at"] is not None for card in column["tasks"]} <= {column["done"]}


ASSIGN = (
    "INSERT INTO task_assignee (team_id, task_id, user_id, position) SELECT team_id, id, $2, 1 FROM task WHERE id = $1"
)
ANEW = "UPDATE task SET version = version + 1, priority = 'urgent', title = 'Theirs' WHERE id = $1"
WAITS = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"


async def test_who_waited_for_another_change_tells_what_that_one_left(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    task = await make.task(anna, project)
    path = f"/api/tasks/{task['id']}"
    async with system_unit() as unit:
        await unit.conn.execute(ANEW, task["id"])
        await unit.conn.execute(ASSIGN, task["id"], anna.id)
        ours = asyncio.create_task(anna.patch(path, {"title": "Ours", "priority": "urgent"}))
        await until(lambda: unit.conn.fetchval(WAITS))
    answer = await ours
    new = {"title": "Ours", "priority": "urgent", "assignee_ids": [anna.id], "version": 3}
    assert answer.json == task | new | {"updated_at": answer.json["updated_at"]}
    assert answer.json == (await anna.get(path)).json
    (event,) = await make.happened(anna, project, after=2)
    assert (event["data"], event["changes"]) == (answer.json, {"title": ["Theirs", "Ours"]})


async def test_who_waited_for_an_old_version_is_refused(make: Make):
    anna = await make.owner()
    task = await make.task(anna, await make.project(anna))
    path = f"/api/tasks/{task['id']}"
    async with system_unit() as unit:
        await unit.conn.execute(ANEW, task["id"])
        ours = asyncio.create_task(anna.patch(path, {"title": "Ours"}, headers={"If-Match": '"1"'}))
        await until(lambda: unit.conn.fetchval(WAITS))
    assert await ours == 412
    assert (await anna.get(path)).json["title"] == "Theirs"
