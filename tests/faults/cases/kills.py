"""A web process dies at four points around the commit of a change."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

from tests.faults.scene import Scene, case

FIND = "SELECT count(*) AS n FROM task WHERE title = $1 AND project_id = $2"
Arm = Callable[[Scene, int, str, str], Awaitable[None]]


async def _commit_withheld(scene: Scene, at: int, title: str, key: str) -> None:
    scene.world.wires[at][0].trap(title, scene.world.webs[at].strike, commit_arrives=False)


async def _answer_withheld(scene: Scene, at: int, title: str, key: str) -> None:
    scene.world.wires[at][0].trap(title, scene.world.webs[at].strike, commit_arrives=True)


async def _untold(scene: Scene, at: int, title: str, key: str) -> None:
    await scene.world.webs[at].fault("die_untold", mark=title)


async def _unanswered(scene: Scene, at: int, title: str, key: str) -> None:
    await scene.world.webs[at].fault("die_unanswered", key=key)


# Where it dies, and how many tasks of that title there are then.
POINTS: tuple[tuple[str, Arm, int], ...] = (
    ("before COMMIT", _commit_withheld, 0),
    ("during COMMIT", _answer_withheld, 1),
    ("committed, nobody told", _untold, 1),
    ("told, not answered", _unanswered, 1),
)


@case(1, "kill -9 at four points around the commit")
async def run(scene: Scene) -> str:
    await scene.clients_at_each()
    scene.write()
    restarts: list[asyncio.Task[None]] = []
    points = scene.chance.sample(POINTS, len(POINTS))
    for number, (point, arm, expected) in enumerate(points):
        at = number % 2
        if number >= 2:
            await restarts[number - 2]
        await scene.writers.more(scene.form.changes // 4)
        await _die(scene, at, point, arm, expected)
        restarts.append(scene.start(scene.world.webs[at].start(), "restart"))
    await asyncio.gather(*restarts)
    await scene.writers.more(scene.form.changes // 4)
    return f"{len(points)} processes dead by SIGKILL"


async def _die(scene: Scene, at: int, point: str, arm: Arm, expected: int) -> None:
    """One change during which the process dies; repeated elsewhere with its key, it is there once."""
    web, title, key = scene.world.webs[at], f"dies {point}.", uuid4().hex
    await arm(scene, at, title, key)
    assert await scene.writers.once(web.url, title, key) == 0, point
    await web.dead()
    [found] = await scene.sql(FIND, title, scene.project_uuid)
    assert found["n"] == expected, f"{point}: {found['n']} tasks"
    await scene.writers.create(title, key=key, first=scene.world.webs[2].url)
