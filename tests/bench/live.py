"""The live engine beside stock python-socketio: CPU per delivery, memory, joins, and the way from commit to client."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import datetime

from tests.bench.load import Line
from tests.bench.place import Place
from tests.bench.report import Figures
from tests.bench.side import BURST, Side, Web, ours, sample, stock
from tests.bench.sockets import Crowd, many_files

# Requests by the room's size: enough for a steady figure, few enough for stock to end within the minute.
SINGLES = {50: 200, 500: 80, 2000: 25}
BURSTS = {50: 16, 500: 6, 2000: 2}
SETTLE = 0.005  # what a process still does when its last frame has arrived belongs to that change
IDLE, WARM = 1000, 200
BACK, MISSED = 1000, 20
HEARING, PACE = 100, 0.05


async def measure(place: Place, changes: int) -> Figures:
    """All of it, ours first: stock tells its rooms the payload that ours was seen to send."""
    many_files()
    found = Figures()
    with ours(place) as side:
        payload = await sample(side)
        mine = await _rooms(side) | await _reconnect(side)
    with stock(place, payload) as side:
        found.beside(mine, await _rooms(side))
    for deflate in (False, True):
        with ours(place) as side:
            mine = await _memory(side, deflate)
        with stock(place, payload) as side:
            found.beside(mine, await _memory(side, deflate))
    with ours(place, 2) as side:
        mine = await _ways(side, changes)
    with stock(place, payload, 2) as side:
        found.beside(mine, await _ways(side, changes))
    return found


# ---- rooms ----


async def _rooms(side: Side) -> dict[str, float]:
    """Rooms of each size, filled at once; the time that the largest takes to fill."""
    found: dict[str, float] = {}
    for size in SINGLES:
        crowd = side.crowd()
        began = time.perf_counter()
        await crowd.come(size, room=side.room)
        if size == max(SINGLES):
            found[f"join_{size}_s"] = time.perf_counter() - began
        for prefix, (events, count) in {"": (1, SINGLES[size]), "burst_": (BURST + 1, BURSTS[size])}.items():
            cpu, seconds = await _deliver(side, crowd, events, count)
            deliveries = size * events * count
            found[f"{prefix}delivery_cpu_us_{size}"] = cpu / deliveries * 1e6
            found[f"{prefix}deliveries_per_s_{size}"] = deliveries / seconds
        await crowd.go()
    return found


async def _deliver(side: Side, crowd: Crowd, events: int, count: int) -> tuple[float, float]:
    """Seconds of CPU and of the clock that `count` changes cost beyond what they cost with nobody in their room."""
    line = await Line.open(side.web.port)
    spent = {True: [0.0, 0.0], False: [0.0, 0.0]}
    for i in range(-2, count):
        for heard, change in ((True, side.changes[events]), (False, side.unheard[events])):
            cpu, seconds = await _one(side.web, line, crowd, change(), len(crowd) * events * heard)
            if i >= 0:  # the first ones fill caches
                spent[heard][0] += cpu
                spent[heard][1] += seconds
    line.close()
    return spent[True][0] - spent[False][0], spent[True][1] - spent[False][1]


async def _one(web: Web, line: Line, crowd: Crowd, change: bytes, events: int) -> tuple[float, float]:
    cpu, began = web.cpu, time.perf_counter()
    heard = crowd.expect(events)
    await line.ask(change)
    if events:
        await heard
    seconds = time.perf_counter() - began
    await asyncio.sleep(SETTLE)
    return web.cpu - cpu, seconds


# ---- coming and staying ----


async def _reconnect(side: Side) -> dict[str, float]:
    """Seconds until so many clients that lost their connection at once have all that they missed meanwhile."""
    crowd = side.crowd()
    last = (await crowd.come(BACK, room=side.room))[0]
    await crowd.go()
    line = await Line.open(side.web.port)
    for _ in range(MISSED):
        await line.ask(side.changes[1]())
    line.close()
    began = time.perf_counter()
    answers = await crowd.come(BACK, room=side.room, after=last["seq"], epoch=last["epoch"])
    seconds = time.perf_counter() - began
    assert all(len(answer["events"]) == MISSED for answer in answers)
    await crowd.go()
    return {f"reconnect_{BACK}_s": seconds}


async def _memory(side: Side, deflate: bool) -> dict[str, float]:
    """KiB of resident memory that a connection adds which is in no room but its own."""
    crowd = side.crowd(deflate=deflate)
    await crowd.come(WARM)
    await asyncio.sleep(1)
    before = side.web.rss
    await crowd.come(IDLE)
    await asyncio.sleep(1)
    kib = (side.web.rss - before) / IDLE / 1024
    await crowd.go()
    return {"memory_kib_per_connection" + ("_deflate_offered" if deflate else ""): kib}


# ---- from commit to client ----


async def _ways(side: Side, changes: int) -> dict[str, float]:
    """Milliseconds of every receipt since the fact's own time, which is taken just before its commit.

    Once with the sockets at the process that is written to, once at another.
    """
    found: dict[str, float] = {}
    for name, web in zip(("one_process", "two_processes"), side.webs, strict=True):
        took = sorted(await _hear(side, web, changes))
        for percent in (50, 95, 99):
            found[f"commit_to_client_p{percent}_ms_{name}"] = took[min(len(took) - 1, len(took) * percent // 100)]
    return found


async def _hear(side: Side, web: Web, changes: int) -> list[float]:
    crowd = side.crowd(web)
    await crowd.come(HEARING, room=side.room)
    crowd.receipts, heard = [], crowd.expect(HEARING * changes)
    line = await Line.open(side.web.port)
    for _ in range(changes):
        await line.ask(side.changes[1]())
        await asyncio.sleep(PACE)
    line.close()
    async with asyncio.timeout(10):
        await heard
    await crowd.go()
    return [_age(at, frame) for at, frame in crowd.receipts]


def _age(at: float, frame: bytes) -> float:
    [_, payload] = json.loads(frame[2:])
    return (at - datetime.fromisoformat(payload["at"]).timestamp()) * 1000
