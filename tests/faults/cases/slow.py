"""Clients that stop reading: one comes back in time, the other is cut; neither costs the rest anything."""

from __future__ import annotations

import asyncio

import psutil

from tests.faults.scene import Scene, case

TEXT = "x" * 40_000  # enough that the kernel's buffers are soon full
SMALL = 8_192
MEMORY = 64 * 1024 * 1024


@case(5, "a client that stops reading")
async def run(scene: Scene) -> str:
    web = scene.world.webs[0]
    quick = await scene.clients_at_each()
    board = await scene.board()
    pausing, deaf = (scene.client([web.url], board, buffer=SMALL) for _ in range(2))
    await asyncio.gather(pausing.joined(), deaf.joined())
    lagged, closed = [await web.number(f"mediaflow_sockets_{what}_total") for what in ("lagged", "closed")]
    before = _memory(scene)
    for client in (pausing, deaf):
        client.reading.clear()
    scene.writers.text = TEXT
    scene.write()
    await web.until_counted("mediaflow_sockets_lagged_total", lagged + 2)
    scene.writers.text = ""
    pausing.reading.set()
    await web.until_counted("mediaflow_sockets_closed_total", closed + 1)
    assert deaf.connections == 1
    grown = _memory(scene) - before
    assert grown < MEMORY, f"{grown >> 20} MiB more"
    deaf.reading.set()
    await scene.writers.more(scene.form.changes)
    await deaf.until("cut and back", lambda me: me.connections >= 2)
    assert [client.connections for client in (pausing, *quick)] == [1] * 4
    return f"2 lagged, 1 was cut, {max(0, grown) >> 20} MiB more"


def _memory(scene: Scene) -> int:
    process = scene.world.webs[0].process
    assert process is not None
    return psutil.Process(process.pid).memory_info().rss
