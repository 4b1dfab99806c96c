"""Ten thousand connections held by one web process: what they take while idle, all told at once, and when they go."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing
from statistics import median
from tempfile import TemporaryDirectory

import asyncpg

from tests.bench.clients import Client
from tests.bench.load import Line, Measured, request, run
from tests.bench.place import Place
from tests.bench.report import Figures
from tests.bench.rest import ask
from tests.bench.side import Side, ours
from tests.bench.soak import House, left_over
from tests.bench.sockets import many_files

HELD, PROCESSES = 10_000, 2
IDLE_SECONDS = 30.0  # in which each is pinged once
TIMES = 10
GETS, PAUSE = 2_000, 0.5


async def measure(place: Place) -> Figures:
    """All of it. Raises when something is not given back."""
    many_files()
    figures = Figures()
    with TemporaryDirectory(prefix="mediaflow-held-") as metrics:
        place.env["METRICS_DIR"] = metrics
        with ours(place) as side:
            database = await asyncpg.connect(place.env["DATABASE_URL"])
            house = House({"web": side.web.process}, side.web.port, database)
            async with Client.several(PROCESSES, side.web.port, side.token) as clients:
                for name, value in (await _measure(side, clients, house)).items():
                    figures.add(f"held_{HELD}_{name}", value)
            await database.close()
    return figures


async def _measure(side: Side, clients: list[Client], house: House) -> dict[str, float]:
    [team] = [team["id"] for team in ask(side.web.port, "GET", "/api/teams", token=side.token)["items"]]
    before, empty, began, cpu = await house.sample(), side.web.rss, time.monotonic(), side.web.cpu
    await _come(side, clients)
    full = side.web.rss
    found = {
        "join_s": time.monotonic() - began,
        "join_cpu_us": (side.web.cpu - cpu) / HELD * 1e6,
        "memory_kib_per_connection": (full - empty) / HELD / 1024,
        "idle_cpu_percent": await _idle(side),
    }
    found |= _times("get", await _gets(side))
    found |= await _told(side, clients, team)
    found |= _times("get_while_told", await _gets_while_told(side, clients, team))
    began = time.monotonic()
    await asyncio.gather(*(client.ask("go") for client in clients))
    if left := await left_over(house, before):
        raise RuntimeError(f"not given back: {', '.join(left)}")
    found["given_back_s"] = time.monotonic() - began
    await _come(side, clients)
    return found | {"memory_kib_more_the_second_time": (side.web.rss - full) / 1024}


async def _come(side: Side, clients: list[Client]) -> None:
    """Each joins the room of one of the projects, beside its own and the team's, where it is by itself."""
    projects = ask(side.web.port, "GET", "/api/projects?limit=100", token=side.token)["items"]
    rooms = [f"project:{project['id']}" for project in projects]
    came = await asyncio.gather(*(client.ask("come", HELD // PROCESSES, rooms) for client in clients))
    assert sum(came) == HELD, came


def _times(name: str, measured: Measured) -> dict[str, float]:
    return {f"{name}_p{percent}_ms": measured.percentile(percent / 100) for percent in (50, 99)}


async def _idle(side: Side) -> float:
    cpu, began = side.web.cpu, time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    return (side.web.cpu - cpu) / (time.monotonic() - began) * 100


async def _gets(side: Side) -> Measured:
    [task] = ask(side.web.port, "GET", "/api/tasks?limit=1", token=side.token)["items"]
    get = request("GET", f"/api/tasks/{task['id']}", side.token)
    return await run(side.web.port, side.web.process, lambda i: get, GETS, connections=1)


async def _told(side: Side, clients: list[Client], team: str) -> dict[str, float]:
    """Seconds from the request that changes the team until the last of all has heard of it."""
    took: list[float] = []
    with closing(await Line.open(side.web.port)) as line:
        for number in range(TIMES):
            took.append(await _tell(side, clients, line, team, f"Held {number}"))
    return {"all_told_p50_ms": median(took) * 1000, "all_told_most_ms": max(took) * 1000}


async def _tell(side: Side, clients: list[Client], line: Line, team: str, name: str) -> float:
    expected = await asyncio.gather(*(client.ask("expect", 1) for client in clients))
    assert sum(expected) == HELD, f"{HELD - sum(expected)} were hung up on"
    began = time.time()
    await line.ask(request("PATCH", f"/api/teams/{team}", side.token, {"name": name}))
    return max(await asyncio.gather(*(client.ask("heard") for client in clients))) - began


async def _gets_while_told(side: Side, clients: list[Client], team: str) -> Measured:
    """The same requests while all are told of something, half a second after they have heard the last."""
    gets = asyncio.create_task(_gets(side))
    number = 0
    with closing(await Line.open(side.web.port)) as line:
        while not gets.done():
            number += 1
            await _tell(side, clients, line, team, f"Busy {number}")
            await asyncio.sleep(PAUSE)
    return await gets
