"""What follows the log fails, stands still, and fails in the middle of a delivery."""

from __future__ import annotations

import asyncio

from tests.faults.receiver import Receiver
from tests.faults.scene import Scene, case
from tests.faults.wires import bad_luck, undisturbed


@case(4, "follower raises or stalls")
async def run(scene: Scene) -> str:
    [first, *_] = await scene.clients_at_each(2)
    web, (database, redis) = scene.world.webs[0], scene.world.wires[0]
    scene.write()
    await scene.writers.more(scene.form.changes // 2)
    redis.disturb = list  # nothing: no hint arrives there: only looking helps
    try:
        for fault in ({"times": 3}, {"seconds": scene.form.stall / 2}):
            await web.fault("fail_looks" if "times" in fault else "stall_looks", **fault)
            await scene.writers.more(scene.form.changes // 2)
            await scene.in_step(first)
        await _frozen(scene, first)
        redis.disturb = bad_luck(scene.chance, 0.1)
        await web.fault("fail_deliveries", times=5)
        await scene.writers.more(scene.form.changes)
        await scene.in_step(first)
    finally:
        redis.disturb = undisturbed
        database.thaw()
    struck = await web.fault("count")
    assert min(struck.values()) > 0, struck
    return ", ".join(f"{name} {count}" for name, count in struck.items())


async def _frozen(scene: Scene, client: Receiver) -> None:
    """Nothing passes between the client's process and PostgreSQL, while the others go on.

    Never for so long that a write gives up and is repeated: it would arrive all the same when it is thawed. And so once
    more, if all writers have happened to ask this process.
    """
    database, missed = scene.world.wires[0][0], 0
    while not missed:
        await scene.in_step(client)
        database.freeze()
        for _ in range(2):  # when it has answered, what it had heard before has come
            await scene.world.webs[0].fault("count")
        known = client.seq
        await asyncio.sleep(scene.form.stall / 2)
        missed = (await scene.head())[1] - known
        assert client.seq == known
        database.thaw()
