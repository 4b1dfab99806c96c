"""The two that are compared: how each is started, changed and listened to."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import psutil

from tests.bench.load import Line, request
from tests.bench.place import Place, wait_for
from tests.bench.rest import ask, sign_in
from tests.bench.sockets import Crowd

BURST = 50  # changes in one request
STOCK_ROOMS = ("heard", "unheard")
WATCHED = "tests.bench.watched"  # before a module: its loop's longest turn can be asked
RESTING = 0.02  # seconds of CPU in a fifth of one
NUMBERS = itertools.count()
Change = Callable[[], bytes]  # the next one: none repeats an earlier one, which would change nothing


@dataclass(frozen=True)
class Web:
    """One web process."""

    process: psutil.Process
    port: int

    @property
    def cpu(self) -> float:
        """Seconds of CPU so far, user and system, to the nanosecond: the process's own clock, read from outside."""
        return time.clock_gettime((~self.process.pid << 3) | 2)

    @property
    def rss(self) -> int:
        return self.process.memory_info().rss

    async def at_rest(self) -> None:
        """Return when it has done what was left of earlier work."""
        cpu = -1.0
        while self.cpu - cpu > RESTING:
            cpu = self.cpu
            await asyncio.sleep(0.2)


@dataclass(frozen=True)
class Side:
    """Web processes of one kind, and the requests that change something there.

    `changes` is for the room that the sockets are in, `unheard` the same for a room that nobody is in; both have one
    request for one change and one for `BURST` of them, by how many events each socket gets of it.
    """

    webs: list[Web]
    token: str
    room: str
    changes: dict[int, Change]
    unheard: dict[int, Change]

    @property
    def web(self) -> Web:
        return self.webs[0]

    def crowd(self, web: Web | None = None, *, deflate: bool = False) -> Crowd:
        return Crowd((web or self.web).port, self.token, deflate=deflate)


@contextmanager
def ours(place: Place, processes: int = 1, *watched: str, pair: int = 0) -> Iterator[Side]:
    """MediaFlow, with the seeded tasks of two projects: of another `pair`, where two must not hear each other."""
    with _webs(place, processes, *watched, "server.__main__") as webs:
        port = webs[0].port
        token = sign_in(port)["access_token"]
        projects = [p["id"] for p in ask(port, "GET", "/api/projects?limit=100", token=token)["items"]]
        tasks = {id: ask(port, "GET", f"/api/tasks?limit={BURST}&project_id={id}", token=token) for id in projects}
        heard, unheard = [id for id in projects if len(tasks[id]["items"]) == BURST][2 * pair : 2 * pair + 2]
        ids = {id: [task["id"] for task in tasks[id]["items"]] for id in (heard, unheard)}
        yield Side(webs, token, f"project:{heard}", _ours(token, ids[heard]), _ours(token, ids[unheard]))


def _ours(token: str, ids: list[str]) -> dict[int, Change]:
    def one() -> bytes:
        i = next(NUMBERS)
        return request("PATCH", f"/api/tasks/{ids[i % BURST]}", token, {"title": f"Changed {i:08}"})

    def burst() -> bytes:
        body = {"ids": ids, "changes": {"title": f"Changed {next(NUMBERS):08}"}}
        return request("POST", "/api/tasks/bulk/update", token, body)

    return {1: one, BURST + 1: burst}  # a bulk change ends with an event of its own


@contextmanager
def stock(place: Place, payload: object, processes: int = 1, *watched: str) -> Iterator[Side]:
    """python-socketio as it comes, which tells its room `payload`."""
    tied = ("redis",) if processes > 1 else ()
    with _webs(place, processes, *watched, "tests.bench.stock", "{port}", *tied) as webs:
        heard, unheard = ({n: _stock(room, payload, n) for n in (1, BURST + 1)} for room in STOCK_ROOMS)
        yield Side(webs, "", STOCK_ROOMS[0], heard, unheard)


def _stock(room: str, payload: object, times: int) -> Change:
    asked = request("POST", "/change", "", {"room": room, "payload": payload, "times": times})
    return lambda: asked


@contextmanager
def _webs(place: Place, processes: int, *module: str) -> Iterator[list[Web]]:
    with ExitStack() as stack:
        webs = [Web(*stack.enter_context(place.process(*module))) for _ in range(processes)]
        for web in webs:
            wait_for(f"http://127.0.0.1:{web.port}/api/health")
        yield webs


async def sample(side: Side) -> object:
    """The payload of a change, as our clients get it."""
    crowd = side.crowd()
    await crowd.come(1, room=side.room)
    crowd.receipts, heard = [], crowd.expect(1)
    with closing(await Line.open(side.web.port)) as line:
        await line.ask(side.changes[1]())
        await heard
    await crowd.go()
    [(_, frame)] = crowd.receipts
    return json.loads(frame[2:])[1]
