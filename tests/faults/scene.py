"""One case at work: a team and project of its own, writers, clients, the fault, and the judgement at the end."""

from __future__ import annotations

import asyncio
import json
import random
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.oracle import Judge, Log
from tests.faults.receiver import Receiver
from tests.faults.world import World
from tests.faults.writers import Writers

PASSWORD = "correct horse battery"
BUSY_TRIES = 20
ADD = "INSERT INTO member (id, team_id, user_id, role) VALUES ($1, $2, $3, 'member')"


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    id: str
    token: str


@dataclass
class Seen:
    """What became of a case."""

    fault: str
    changes: int = 0
    receipts: int = 0
    wrong: list[str] = field(default_factory=list)


Run = Callable[["Scene"], Awaitable[str]]


@dataclass(frozen=True)
class Case:
    """One of the twelve: what it does brings its fault about, asserts that it struck, and tells of it in short."""

    number: int
    name: str
    run: Run

    def __str__(self) -> str:
        return f"{self.number:2} {self.name}"


CASES: list[Case] = []


def case(number: int, name: str) -> Callable[[Run], Run]:
    """Declare a case."""

    def declare(run: Run) -> Run:
        CASES.append(Case(number, name, run))
        CASES.sort(key=lambda case: case.number)
        return run

    return declare


class Scene:
    """One case's own team and project: its writers, its clients, and the judgement at its end."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.form, self.sql = world, world.form, world.sql
        self.chance = random.Random(seed)
        self.clients: list[Receiver] = []
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def play(cls, case: Case, world: World, seed: int) -> Seen:
        """Run a case under load and judge it."""
        await world.healthy()
        scene = cls(world, seed)
        try:
            await scene._begin()
            fault = await case.run(scene)
            await scene.rest()
            return await scene._judged(fault)
        except BaseException:
            await scene._end()
            await world.mend()
            raise
        finally:
            await scene._end()

    async def _end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _begin(self) -> None:
        signed_in = await self._register("Ann")
        self.token, self.team_id = signed_in["access_token"], signed_in["team"]["id"]
        project = await self.ask("POST", "/api/projects", {"name": "Brand film"})
        self.project_id, self.project_uuid = project["id"], uuid.UUID(project["id"])
        self.log = Log(self.sql, self.team_id)
        args = (self.world.session, self.world.urls, self.token, self.project_id, self.chance)
        self.writers = Writers(*args)

    async def _register(self, name: str) -> Any:
        email = f"{uuid.uuid4().hex}@example.com"
        person = {"email": email, "password": PASSWORD, "name": name, "team_name": name}
        return await self.ask("POST", "/api/auth/register", person, token="")

    async def _judged(self, fault: str) -> Seen:
        seen = Seen(fault, self.writers.changes)
        for number, client in enumerate(self.clients):
            judge = Judge(self.log, client)
            seen.receipts += judge.events
            seen.wrong += [f"client {number}: {wrong}" for wrong in judge.wrong[:5]]
        told = self.log.marks(f"project:{self.project_id}")
        if differences := _difference(told, self.writers.acknowledged):
            seen.wrong.append(f"title: (told, acknowledged) {differences}")
        rows = await self.sql("SELECT id, title FROM task WHERE project_id = $1", self.project_uuid)
        if {str(row["id"]): row["title"] for row in rows} != self.writers.tasks:
            seen.wrong.append("the tasks are not the acknowledged ones")
        return seen

    # ---- for the cases ----

    async def rest(self) -> None:
        """Let the writers end behind an acknowledged change, and the clients have all of it."""
        self.writers.resting = True
        await asyncio.gather(*(task for task in self._tasks if task.get_name() == "writer"))
        await self.log.keep()
        await asyncio.gather(*(client.reached(*self.log.heads[client.room][:2]) for client in self.clients))

    async def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None, at: int = 2) -> Any:
        """One request that has to succeed."""
        token = self.token if token is None else token
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = self.world.webs[at].url + path
        for _ in range(BUSY_TRIES):
            async with self.world.session.request(method, url, json=body, headers=headers) as answer:
                said = await answer.text()
                if answer.status != 503 or json.loads(said)["code"] != "database_busy":
                    break
                await asyncio.sleep(int(answer.headers["Retry-After"]))  # nothing was done: writers were in its way
        assert answer.status < 300, f"{method} {path}: {answer.status} {said}"
        return json.loads(said) if said else None

    async def board(self, token: str | None = None) -> Any:
        return await self.ask("GET", f"/api/projects/{self.project_id}/board", token=token)

    async def colleague(self) -> Person:
        """Another member of the team, on the project."""
        signed_in = await self._register("Bob")
        id = signed_in["user"]["id"]
        await self.sql(ADD, uuid.uuid4(), uuid.UUID(self.team_id), uuid.UUID(id))
        path = f"/api/teams/{self.team_id}/switch"
        signed_in = await self.ask("POST", path, {}, token=signed_in["access_token"])
        await self.ask("POST", f"/api/projects/{self.project_id}/members", {"user_id": id})
        return Person(id, signed_in["access_token"])

    async def head(self) -> tuple[str, int]:
        """Where the project's room stands: its epoch and seq."""
        room = f"project:{self.project_id}"
        [row] = await self.sql("SELECT epoch, head FROM stream WHERE room = $1", room)
        return row["epoch"], row["head"]

    async def in_step(self, *clients: Receiver) -> None:
        """Wait until these clients have all that was told by now."""
        head = await self.head()
        await asyncio.gather(*(client.reached(*head) for client in clients))

    def write(self, count: int = 5) -> None:
        """Let so many more writers begin."""
        self.writers.resting = False
        for _ in range(count):
            self.start(self.writers.write(), "writer")

    def start(self, work: Any, name: str) -> asyncio.Task[Any]:
        """Let something run until the case ends."""
        self._tasks.append(task := asyncio.create_task(work, name=name))
        return task

    async def clients_at_each(self, count: int = 1, **options: Any) -> list[Receiver]:
        """So many more clients at each process; one that is lost there goes to the next."""
        urls = self.world.urls
        made = [self.client(urls[n:] + urls[:n], await self.board(), **options) for n in range(3) for _ in range(count)]
        await asyncio.gather(*(client.joined() for client in made))
        return made

    def client(self, servers: list[str], board: Any, *, token: str | None = None, **options: Any) -> Receiver:
        client = Receiver(servers, token or self.token, board, **options)
        self.clients.append(client)
        self.start(client.run(), "client")
        return client


def _difference(told: Any, acknowledged: Any) -> dict[str, tuple[int, int]]:
    both = told.keys() | acknowledged.keys()
    return {t: (told[t], acknowledged[t]) for t in sorted(both) if told[t] != acknowledged[t]}
