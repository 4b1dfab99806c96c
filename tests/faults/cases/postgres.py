"""PostgreSQL crashes and recovers: once because one of its processes died, once because all of it did."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import asyncpg
import pytest

from tests.faults.scene import Scene, case

STARTED = "SELECT pg_postmaster_start_time() AS at"


@case(3, "PostgreSQL crash-restarted")
async def run(scene: Scene) -> str:
    clients = await scene.clients_at_each()
    scene.write()
    await scene.writers.more(scene.form.changes // 2)
    await _backend_killed(scene)
    await scene.writers.more(scene.form.changes // 2)
    await _server_killed(scene, scene.form.outages[0])
    await scene.writers.more(scene.form.changes // 2)
    assert scene.writers.repeated > 0
    assert [client.connections for client in clients] == [1, 1, 1]  # no socket had to go
    return f"one backend and the whole server dead by SIGKILL, {scene.writers.repeated} writes repeated"


async def _backend_killed(scene: Scene) -> None:
    """PostgreSQL then ends all sessions and goes through its recovery."""
    bystander, victim = [await asyncpg.connect(scene.world.postgres.url) for _ in range(2)]
    os.kill(victim.get_server_pid(), signal.SIGKILL)
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.CrashShutdownError, OSError)):
        async with asyncio.timeout(60):
            while True:
                await bystander.execute("SELECT pg_sleep(0.01)")
    bystander.terminate()
    victim.terminate()


async def _server_killed(scene: Scene, seconds: float) -> None:
    postgres = scene.world.postgres
    [before] = await _answer(scene)
    await asyncio.to_thread(postgres.kill)
    with pytest.raises((OSError, asyncpg.PostgresError)):
        await asyncpg.connect(postgres.url, timeout=1)
    await asyncio.sleep(seconds)
    assert (Path(postgres.folder) / "postgres" / "postmaster.pid").exists()  # nobody has cleaned up
    await asyncio.to_thread(postgres.start)
    [after] = await scene.sql(STARTED)
    assert after["at"] > before["at"]


async def _answer(scene: Scene) -> list[asyncpg.Record]:
    """The recovery may still be going on."""
    async with asyncio.timeout(60):
        while True:
            try:
                return await scene.sql(STARTED)
            except (OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.05)
