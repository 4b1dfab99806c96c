"""A right is taken away in mid-stream: with hints, and without Redis."""

from __future__ import annotations

import asyncio

from tests.faults.receiver import Receiver
from tests.faults.scene import Person, Scene, case

REMOVED = "SELECT seq FROM stream_entry WHERE room = $1 AND type = 'project.member_removed' ORDER BY seq"


@case(9, "a right taken away mid-stream")
async def run(scene: Scene) -> str:
    await scene.clients_at_each()
    scene.write()
    people = [await scene.colleague() for _ in range(2)]
    losers = [[await _client(scene, person, at) for at in range(3)] for person in people]
    await scene.writers.more(scene.form.changes // 2)
    await _take_away(scene, people[0], losers[0])
    await asyncio.to_thread(scene.world.redis.kill)
    try:
        await _take_away(scene, people[1], losers[1])
    finally:
        await asyncio.to_thread(scene.world.redis.start)
    await scene.writers.more(scene.form.changes // 2)
    return f"{sum(map(len, losers))} sockets of 2 people put out, 3 of them without Redis"


async def _client(scene: Scene, person: Person, at: int) -> Receiver:
    urls = scene.world.urls
    client = scene.client([urls[at]], await scene.board(person.token), token=person.token)
    await client.joined()
    return client


async def _take_away(scene: Scene, person: Person, clients: list[Receiver]) -> None:
    path = f"/api/projects/{scene.project_id}/members/{person.id}"
    await asyncio.gather(scene.ask("DELETE", path), scene.writers.more(scene.form.changes // 2))
    seq = (await scene.sql(REMOVED, f"project:{scene.project_id}"))[-1]["seq"]
    for client in clients:
        await client.until("put out", lambda me: me.has("over", "room.closed"))
        [closed] = client.told("room.closed")
        assert closed == {"room": client.room, "seq": seq, "code": "removed"}
        assert client.seq == seq - 1  # all that came before, and nothing since
        assert client.start[1] < client.seq < (await scene.head())[1]  # in mid-stream
