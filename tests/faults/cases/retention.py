"""The database is restored to an older state, then rooms are shortened while clients replay them."""

from __future__ import annotations

import asyncio
from functools import partial

from server.config import Settings
from tests.faults.scene import Scene, case
from tests.faults.wires import undisturbed
from tests.helpers.backups import say_restored
from tests.helpers.processes import Process, until

KEEP = 30
TRIM = """
INSERT INTO job (id, kind, queue, args, run_at, max_attempts, created_at, updated_at)
VALUES (gen_random_uuid(), 'trim_rooms', 'fast', '{}', now(), 5, now(), now())
"""
LATE = 4.0
FLOOR = "SELECT floor FROM stream WHERE room = $1"


@case(12, "an older database restored, then retention")
async def run(scene: Scene) -> str:
    await scene.clients_at_each(2)
    scene.write()
    lost = await _restored(scene)
    scene.write()
    bridged, resets, floor = await _shortened(scene)
    return f"{lost} changes gone with the restore; floor at {floor}, {bridged} replays bridged, {resets} reset"


async def _restored(scene: Scene) -> int:
    """Every client has seen what the restored database has never heard of; each loads the snapshot once."""
    postgres = scene.world.postgres
    await scene.writers.more(scene.form.changes)
    await scene.rest()
    before, backed_up = await scene.head(), scene.writers.remember()
    await asyncio.to_thread(postgres.back_up)
    for _, redis in scene.world.wires:  # each hint comes once more, when its history is no longer the one that counts
        redis.disturb = lambda: [0.0, LATE]
    scene.write()
    await scene.writers.more(scene.form.changes)
    await scene.rest()
    lost = (await scene.head())[1] - before[1]
    scene.writers.go_back_to(backed_up)
    for _, redis in scene.world.wires:
        redis.disturb = undisturbed
    if scene.chance.random() < 0.5:
        await _as_the_runbook_says(scene)
    else:  # the processes find out by themselves
        await asyncio.to_thread(postgres.restore)
    for client in scene.clients:
        await client.until("begun anew", lambda me: me.epoch != before[0])
    epoch, head = await scene.head()
    assert head == before[1]
    assert [(client.epoch, client.snapshots) for client in scene.clients] == [(epoch, 1)] * len(scene.clients)
    assert lost > 0
    await asyncio.sleep(LATE)  # the late ones are all here by now
    await _slept_meanwhile(scene, *before)
    return lost


async def _slept_meanwhile(scene: Scene, epoch: str, head: int) -> None:
    """Who comes back from before the restore, to numbers that the room has reached again, begins anew, too."""
    for client in scene.clients:
        known = client.snapshots
        await client.ask(client.room, after=scene.chance.randint(client.start[1], head), epoch=epoch)
        await client.until("begun anew", lambda me, known=known: me.snapshots > known)


async def _as_the_runbook_says(scene: Scene) -> None:
    webs, postgres = scene.world.webs, scene.world.postgres
    await asyncio.gather(*(web.stop() for web in webs))
    await asyncio.to_thread(postgres.restore)
    await say_restored(postgres.url)
    await asyncio.gather(*(web.start() for web in webs))


async def _shortened(scene: Scene) -> tuple[int, int, int]:
    """Clients come back from further and further in the past while the worker moves the floor."""
    config = Settings(database_url=scene.world.postgres.url, redis_url=scene.world.redis.url)
    keep = {"ROOM_KEEP_SECONDS": "0", "ROOM_KEEP_EVENTS": str(KEEP)}
    worker = await Process.start("tasks.worker", config, scene.world.folder / "worker.log", **keep)
    before = sum(client.snapshots for client in scene.clients)
    try:
        await scene.writers.more(2 * KEEP)
        await scene.sql(TRIM)
        began = await until(partial(_floor, scene))
        for _ in range(10):
            await scene.writers.more(scene.form.changes // 4)
            await scene.sql(TRIM)
            floor = await _floor(scene)
            for client in scene.clients:  # from where the log may still reach, or not
                after = max(0, scene.chance.randint(min(floor, client.seq) - KEEP, client.seq))
                await client.ask(client.room, after=after, epoch=client.epoch)
        floor = await until(partial(_floor, scene, above=began))
        await scene.rest()
        await scene.log.keep()
    finally:
        await worker.kill()
    resets = sum(client.snapshots for client in scene.clients) - before
    bridged = sum(client.bridged for client in scene.clients)
    assert min(resets, bridged, floor - began) > 0, (resets, bridged, began, floor)
    return bridged, resets, floor


async def _floor(scene: Scene, above: int = 0) -> int:
    """Where the room's log begins, or 0 while that is not above."""
    [row] = await scene.sql(FLOOR, f"project:{scene.project_id}")
    return row["floor"] if row["floor"] > above else 0
