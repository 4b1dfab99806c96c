"""Joins that are doubled, overtake one another, and cross with leaves."""

from __future__ import annotations

import asyncio
from itertools import accumulate

from tests.faults.receiver import Receiver
from tests.faults.scene import Scene, case

ROUNDS = 20  # a socket's joins have a rate limit


@case(6, "double and overlapping joins")
async def run(scene: Scene) -> str:
    clients = await scene.clients_at_each(2)
    scene.write()
    await scene.writers.more(scene.form.changes // 2)
    for _ in range(ROUNDS):
        await asyncio.gather(*(_crowd_in(scene, client) for client in clients))
        await asyncio.sleep(scene.chance.uniform(0, 0.05))
    await scene.writers.more(scene.form.changes // 2)
    await asyncio.gather(*(c.until("answered", lambda me: not me.waiting) for c in clients))
    kinds = [receipt.kind for client in clients for receipt in client.receipts]
    waiting = list(accumulate((kind == "asked") - (kind == "answered") for kind in kinds))
    assert max(waiting) > 1
    return f"{kinds.count('asked')} joins, up to {max(waiting)} at once, crossed by {kinds.count('left')} leaves"


async def _crowd_in(scene: Scene, client: Receiver) -> None:
    """Some joins and leaves at once, from anywhere in the past; the last is one that goes on from where it is."""
    for _ in range(scene.chance.randint(0, 3)):
        after = scene.chance.choice(
            (client.seq, scene.chance.randint(max(client.start[1], client.seq - 200), client.seq))
        )
        await client.ask(client.room, after=after, epoch=client.epoch)
        if scene.chance.random() < 0.3:
            await client.leave(client.room)
    await client.ask(client.room, after=client.seq, epoch=client.epoch)
