"""Boards loaded in the middle of writes: each, with the events since, gives what the database ends with."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.faults.oracle import events
from tests.faults.receiver import Receiver
from tests.faults.scene import Scene, case


@case(10, "snapshots taken during writes")
async def run(scene: Scene) -> str:
    scene.write()
    taken: list[tuple[dict[str, Any], Receiver]] = []
    for _ in range(scene.form.changes // 4):
        await scene.writers.more(1)
        url = scene.chance.choice(scene.world.urls)
        board = await scene.ask("GET", f"/api/projects/{scene.project_id}/board", at=scene.world.urls.index(url))
        taken.append((board, scene.client([url], board)))
        await asyncio.sleep(scene.chance.uniform(0, 0.02))
    await asyncio.gather(*(client.joined() for _, client in taken))
    await scene.writers.more(scene.form.changes)
    await scene.rest()
    [ends] = {str(sorted(_tasks(await scene.board()).items()))}
    for board, client in taken:
        assert str(sorted(_carried_on(board, client).items())) == ends
    crossed = len({board["seq"] for board, _ in taken})
    assert crossed > 1
    return f"{len(taken)} boards at {crossed} different seqs"


def _tasks(board: dict[str, Any]) -> dict[str, Any]:
    return {task["id"]: task for column in board["columns"] for task in column["tasks"]}


def _carried_on(board: dict[str, Any], client: Receiver) -> dict[str, Any]:
    """The board's tasks after all that the client was told since."""
    tasks, seq = _tasks(board), board["seq"]
    for event in events(client):
        if event["seq"] == seq + 1:
            seq += 1
            if event["subject"]["kind"] == "task":
                tasks[event["subject"]["id"]] = event["data"]
    return tasks
