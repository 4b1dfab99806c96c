"""Redis is killed, cut off, and stands still."""

from __future__ import annotations

import asyncio

import pytest
from redis import Redis, RedisError

from tests.faults.scene import Scene, case


@case(2, "Redis killed, cut and frozen")
async def run(scene: Scene) -> str:
    clients = await scene.clients_at_each()
    scene.write()
    await scene.writers.more(scene.form.changes // 2)
    for seconds in scene.form.outages:
        await _killed(scene, seconds)
    cut = await _cut(scene)
    await _frozen(scene, scene.form.stall)
    await scene.writers.more(scene.form.changes // 2)
    for client in clients:
        await client.until("well again", lambda me: me.told("degraded")[-1] == {"on": False})
        assert {"on": True} in client.told("degraded")
        assert client.connections == 1
    return f"dead for {scene.form.outages} s, {cut} subscriptions killed, still for {scene.form.stall} s"


async def _killed(scene: Scene, seconds: float) -> None:
    redis = scene.world.redis
    await asyncio.to_thread(redis.kill)
    with pytest.raises(RedisError), Redis.from_url(redis.url) as refused:
        refused.ping()
    await asyncio.gather(asyncio.sleep(seconds), scene.writers.more(1))  # they go on without
    await asyncio.to_thread(redis.start)
    await scene.world.healthy()


async def _cut(scene: Scene) -> int:
    """Only the subscribed connections; the processes may publish on."""
    with Redis.from_url(scene.world.redis.url) as redis:
        before = {client["id"] for client in redis.client_list(_type="pubsub")}
        assert len(before) >= len(scene.world.webs)
        killed = redis.client_kill_filter(_type="pubsub")
        await scene.writers.more(scene.form.changes // 2)
        await scene.world.healthy()
        assert before.isdisjoint(client["id"] for client in redis.client_list(_type="pubsub"))
    return int(killed)


async def _frozen(scene: Scene, seconds: float) -> None:
    redis = scene.world.redis
    await asyncio.to_thread(redis.freeze)
    try:
        with pytest.raises(RedisError), Redis.from_url(redis.url, socket_timeout=0.1) as still:
            still.ping()
        await asyncio.gather(asyncio.sleep(seconds), scene.writers.more(1))
    finally:
        redis.thaw()
    await scene.world.healthy()
