"""The live engine beside stock python-socketio: CPU per delivery, memory, joins, and the way from commit to client."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import closing
from datetime import datetime
from statistics import mean, median

from tests.bench import bare
from tests.bench.load import Line
from tests.bench.place import Place
from tests.bench.report import Figures
from tests.bench.side import BURST, Side, Web, ours, sample, stock
from tests.bench.sockets import Crowd, many_files

# Requests of each round by the room's size: enough for a steady figure, few enough for stock to end within the minute.
SINGLES = {50: 80, 500: 30, 2000: 10}
BURSTS = {50: 6, 500: 2, 2000: 1}
ROUNDS = 3
SETTLE = 0.005  # what a process still does when its last frame has arrived belongs to that change
IDLE, WARM, FEW = 1000, 200, 20
BACK, MISSED = 1000, 20
HEARING, PACE = 100, 0.03


async def measure(place: Place, changes: int) -> Figures:
    """All of it; stock tells its rooms the payload that ours was seen to send."""
    many_files()
    found = Figures()
    with ours(place) as mine, stock(place, payload := await sample(mine)) as theirs:
        rooms = await _rooms(mine, theirs)
        found.beside(rooms[0] | await _reconnect(mine), rooms[1])
    floor = await bare.measure(place, list(SINGLES), len(json.dumps(payload)))
    for size, cost in floor.items():
        found[f"delivery_cpu_us_{size}"]["bare"] = cost
    for deflate in (False, True):
        with ours(place) as mine, stock(place, payload) as theirs:
            found.beside(await _memory(mine, deflate), await _memory(theirs, deflate))
    with ours(place, 2) as mine:
        ways = await _ways(mine, changes)
    with stock(place, payload, 2) as theirs:
        found.beside(ways, await _ways(theirs, changes))
    return found


# ---- rooms ----


async def _rooms(*sides: Side) -> list[dict[str, float]]:
    """Rooms of each size, filled at once and told of changes; the time that the largest takes to fill.

    The sides take turns, so that a machine that grows slower or faster does so for both.
    """
    found: list[dict[str, float]] = [{} for _ in sides]
    for size in SINGLES:
        crowds = [side.crowd() for side in sides]
        for figures, side, crowd in zip(found, sides, crowds, strict=True):
            began = time.perf_counter()
            await crowd.come(size, room=side.room)
            if size == max(SINGLES):
                figures[f"join_{size}_s"] = time.perf_counter() - began
        for prefix, events, count in (("", 1, SINGLES[size]), ("burst_", BURST + 1, BURSTS[size])):
            costs = [Cost(side, crowd, events) for side, crowd in zip(sides, crowds, strict=True)]
            for _ in range(ROUNDS):
                for cost in costs:
                    await cost.measure(count)
            for figures, cost in zip(found, costs, strict=True):
                figures[f"{prefix}delivery_cpu_us_{size}"] = cost.cpu_us
                figures[f"{prefix}deliveries_per_s_{size}"] = cost.per_second
        for crowd in crowds:
            await crowd.go()
    return found


class Cost:
    """What changes of `events` events cost beyond the same changes in a room that nobody is in."""

    def __init__(self, side: Side, crowd: Crowd, events: int) -> None:
        self.side, self.crowd, self.events = side, crowd, events
        self.deliveries = len(crowd) * events  # by one change
        self._cpu: dict[bool, list[float]] = {True: [], False: []}  # by whether it was heard
        self._seconds: dict[bool, list[float]] = {True: [], False: []}

    @property
    def cpu_us(self) -> float:
        """Of one delivery."""
        return (mean(self._cpu[True]) - mean(self._cpu[False])) / self.deliveries * 1e6

    @property
    def per_second(self) -> float:
        """By the median change: a sync of the disk that took long is no delivery."""
        return self.deliveries / (median(self._seconds[True]) - median(self._seconds[False]))

    async def measure(self, count: int) -> None:
        with closing(await Line.open(self.side.web.port)) as line:
            if not self._cpu[True]:  # the first ones fill caches
                await self._change(line, True)
                await self._change(line, False)
            for heard in (True, False) * count:
                cpu, seconds = await self._change(line, heard)
                self._cpu[heard].append(cpu)
                self._seconds[heard].append(seconds)

    async def _change(self, line: Line, heard: bool) -> tuple[float, float]:
        web, changes = self.side.web, self.side.changes if heard else self.side.unheard
        cpu, began = web.cpu, time.perf_counter()
        all_heard = self.crowd.expect(self.deliveries)
        await line.ask(changes[self.events]())
        if heard:
            await all_heard
        seconds = time.perf_counter() - began
        await asyncio.sleep(SETTLE)
        return web.cpu - cpu, seconds


# ---- coming and staying ----


async def _reconnect(side: Side) -> dict[str, float]:
    """Seconds until so many clients that lost their connection at once have all that they missed meanwhile."""
    crowd = side.crowd()
    last = (await crowd.come(BACK, room=side.room))[0]
    await crowd.go()
    with closing(await Line.open(side.web.port)) as line:
        for _ in range(MISSED):
            await line.ask(side.changes[1]())
    began = time.perf_counter()
    answers = await crowd.come(BACK, room=side.room, after=last["seq"], epoch=last["epoch"])
    seconds = time.perf_counter() - began
    assert all(len(answer["events"]) == MISSED for answer in answers)
    await crowd.go()
    return {f"reconnect_{BACK}_s": seconds}


async def _memory(side: Side, deflate: bool) -> dict[str, float]:
    """KiB of resident memory that a connection adds which is in no room but its own."""
    crowd = side.crowd(deflate=deflate)
    await _trickle(crowd, WARM)
    before = side.web.rss
    await _trickle(crowd, IDLE)
    kib = (side.web.rss - before) / IDLE / 1024
    await crowd.go()
    return {"memory_kib_per_connection" + ("_deflate_offered" if deflate else ""): kib}


async def _trickle(crowd: Crowd, count: int) -> None:
    """A few at a time: what many handshakes need at once is not what a connection keeps."""
    for _ in range(count // FEW):
        await crowd.come(FEW)
    await asyncio.sleep(1)


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
    with closing(await Line.open(side.web.port)) as line:
        for _ in range(changes):
            await line.ask(side.changes[1]())
            await asyncio.sleep(PACE)
    async with asyncio.timeout(10):
        await heard
    await crowd.go()
    return [_age(at, frame) for at, frame in crowd.receipts]


def _age(at: float, frame: bytes) -> float:
    [_, payload] = json.loads(frame[2:])
    return (at - datetime.fromisoformat(payload["at"]).timestamp()) * 1000
