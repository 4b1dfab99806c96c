"""The clocks of the processes are ten minutes wrong, each to another side."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

from tests.faults.scene import Scene, case

WRONG = 600.0


@case(8, "clocks 10 minutes apart")
async def run(scene: Scene) -> str:
    fast, slow, _ = scene.world.webs
    await fast.fault("clock", seconds=WRONG)
    await slow.fault("clock", seconds=-WRONG)
    try:
        [client, *_] = await scene.clients_at_each()
        scene.write()
        await scene.writers.more(scene.form.changes)
        for other in scene.clients:  # whoever comes back hears it from a process with another time
            await other.drop()
        await scene.writers.more(scene.form.changes)
        times = [datetime.fromisoformat(e["at"]) for e in client.told("task.created")]
        apart = max(times) - min(times)
        backwards = sum(later < earlier for earlier, later in pairwise(times))
        assert apart > timedelta(seconds=2 * WRONG - 1)
        assert backwards > 0
    finally:
        await fast.fault("clock", seconds=-WRONG)
        await slow.fault("clock", seconds=WRONG)
    return f"{apart.total_seconds():.0f} s apart, time went backwards {backwards} times"
