"""A thousand clients lose their process at once and come back at once."""

from __future__ import annotations

import asyncio

from tests.faults.scene import Scene, case


@case(7, "a crowd that reconnects at once")
async def run(scene: Scene) -> str:
    board, [one, two, three] = await scene.board(), scene.world.webs
    clients = [scene.client([two.url, three.url, one.url], board) for _ in range(scene.form.crowd)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(client.joined() for client in clients))
    scene.write(3)
    await scene.writers.more(scene.form.changes // 4)
    await two.kill()
    await scene.writers.more(scene.form.changes // 4)
    await asyncio.gather(*(c.until("back", lambda me: me.connections >= 2, 60) for c in clients))
    scene.writers.resting = True
    await two.start()
    return f"{len(clients)} clients lost their process at once"
