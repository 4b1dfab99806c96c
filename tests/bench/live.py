"""The live engine beside stock python-socketio: CPU per delivery, memory, joins, and the way from commit to client."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from itertools import chain
from statistics import mean, median

from tests.bench import bare
from tests.bench.load import Line, request
from tests.bench.place import Place
from tests.bench.report import Figures
from tests.bench.side import BURST, WATCHED, Side, Web, ours, sample, stock
from tests.bench.sockets import Crowd, many_files
from tests.bench.watched import PATH

# Requests of each round and process by the room's size: enough for a steady figure, few enough for stock to end within
# the minute.
SINGLES = {50: 30, 500: 10, 2000: 4}
BURSTS = {50: 6, 500: 2, 2000: 1}
ROUNDS = 3
ALIKE = 3  # processes that single events are measured in: where its memory lies makes one a third dearer than another
SETTLE = 0.005  # what a process still does when its last frame has arrived belongs to that change
IDLE, WARM, FEW = 1000, 200, 20
COMING, BACK, MISSED = 2000, 1000, 20
TURNS = {"join": 1, "single": 5, "burst": 1}  # stock takes seconds for a burst
LONGEST = request("GET", PATH, "")
HEARING, PACE = 100, 0.03


async def measure(place: Place, changes: int) -> Figures:
    """All of it; stock tells its rooms the payload that ours was seen to send."""
    many_files()
    found = Figures()
    with ExitStack() as stack:
        mine = [stack.enter_context(ours(place, pair=n)) for n in range(ALIKE)]
        payload = await sample(mine[0])
        theirs = [stack.enter_context(stock(place, payload)) for _ in range(ALIKE)]
        found.beside(*await _rooms(mine, theirs))
    with ours(place) as one, stock(place, payload) as other:
        found.beside(*await _joins(one, other))
        found.beside(await _reconnect(one), {})
    with ours(place, 1, WATCHED) as mine, stock(place, payload, 1, WATCHED) as theirs:
        found.beside(*await _longest_turns(mine, theirs))
    floor = await bare.measure(place, list(SINGLES), len(json.dumps(payload)), ALIKE)
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


async def _rooms(*kinds: Sequence[Side]) -> list[dict[str, float]]:
    """Rooms of each size, filled at once and told of changes: the mean of the sides of a kind, bursts of the first.

    The sides take turns, so that a machine that grows slower or faster does so for all.
    """
    found: list[dict[str, float]] = [{} for _ in kinds]
    for size in SINGLES:
        crowds = [[await _filled(side, size) for side in sides] for sides in kinds]
        for prefix, events, count, alike in (("", 1, SINGLES[size], ALIKE), ("burst_", BURST + 1, BURSTS[size], 1)):
            costs = [
                [Cost(side, crowd, events) for side, crowd in zip(sides[:alike], theirs, strict=False)]
                for sides, theirs in zip(kinds, crowds, strict=True)
            ]
            for _ in range(ROUNDS):
                for cost in chain(*costs):
                    await cost.measure(count)
            for figures, of_kind in zip(found, costs, strict=True):
                figures[f"{prefix}delivery_cpu_us_{size}"] = mean(cost.cpu_us for cost in of_kind)
                figures[f"{prefix}deliveries_per_s_{size}"] = mean(cost.per_second for cost in of_kind)
        for crowd in chain(*crowds):
            await crowd.go()
    return found


async def _filled(side: Side, size: int) -> Crowd:
    crowd = side.crowd()
    await crowd.come(size, room=side.room)
    return crowd


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


async def _joins(*sides: Side) -> list[dict[str, float]]:
    """Seconds until so many who connect at once have joined, by turns: the median round."""
    took: list[list[float]] = [[] for _ in sides]
    for _ in range(ROUNDS):
        for seconds, side in zip(took, sides, strict=True):
            crowd = side.crowd()
            began = time.perf_counter()
            await crowd.come(COMING, room=side.room)
            seconds.append(time.perf_counter() - began)
            await crowd.go()
            await side.web.at_rest()
    return [{f"join_{COMING}_s": median(seconds)} for seconds in took]


async def _longest_turns(*sides: Side) -> list[dict[str, float]]:
    """Milliseconds for which the loop does nothing else, at the most, while a large room fills and hears of changes."""
    return [await _longest_turns_of(side, max(SINGLES)) for side in sides]


async def _longest_turns_of(side: Side, size: int) -> dict[str, float]:
    found: dict[str, float] = {}
    crowd = side.crowd()
    with closing(await Line.open(side.web.port)) as line:

        async def watch(name: str, work: Callable[[], Awaitable[object]]) -> None:
            await side.web.at_rest()
            await line.ask(LONGEST)  # since it was last asked
            for _ in range(TURNS[name]):
                await work()
            found[f"longest_turn_ms_{name}_{size}"] = float(await line.ask(LONGEST)) * 1000

        async def change(events: int) -> None:
            all_heard = crowd.expect(size * events)
            await line.ask(side.changes[events]())
            await all_heard

        await watch("join", lambda: crowd.come(size, room=side.room))
        await watch("single", lambda: change(1))
        await watch("burst", lambda: change(BURST + 1))
    await crowd.go()
    return found


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

    Once with the sockets at the process that is written to, once at another; each with a pause between two changes,
    in which all that takes part falls asleep, and with one change after the other.
    """
    found: dict[str, float] = {}
    for name, web in zip(("one_process", "two_processes"), side.webs, strict=True):
        for way, pause in (("", PACE), ("_busy", 0.0)):
            took = sorted(await _hear(side, web, changes, pause))
            for percent in (50, 95, 99):
                at = min(len(took) - 1, len(took) * percent // 100)
                found[f"commit_to_client{way}_p{percent}_ms_{name}"] = took[at]
    return found


async def _hear(side: Side, web: Web, changes: int, pause: float) -> list[float]:
    crowd = side.crowd(web)
    await crowd.come(HEARING, room=side.room)
    crowd.receipts = []
    with closing(await Line.open(side.web.port)) as line:
        for _ in range(changes):
            heard = crowd.expect(HEARING)
            await line.ask(side.changes[1]())
            async with asyncio.timeout(10):
                await heard
            await asyncio.sleep(pause)
    await crowd.go()
    return [_age(at, frame) for at, frame in crowd.receipts]


def _age(at: float, frame: bytes) -> float:
    [_, payload] = json.loads(frame[2:])
    return (at - datetime.fromisoformat(payload["at"]).timestamp()) * 1000
