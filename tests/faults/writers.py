"""People who change tasks without pause, each change repeated until a server acknowledges it."""

from __future__ import annotations

import asyncio
import itertools
import random
import uuid
from collections import Counter
from typing import Any

import aiohttp

AGAIN_SECONDS = 0.03
UNAVAILABLE = 503  # nothing was done, or nobody knows
BUSY = "idempotency_key_busy"  # the first attempt is still at work


class Writers:
    """Some hands in one project. `acknowledged` counts for each title given how many tasks were given it."""

    def __init__(
        self, session: aiohttp.ClientSession, servers: list[str], token: str, project_id: str, chance: random.Random
    ) -> None:
        self.session, self.servers, self.project_id, self.chance = session, servers, project_id, chance
        self.headers = {"Authorization": f"Bearer {token}"}
        self.acknowledged: Counter[str] = Counter()
        self.tasks: dict[str, str] = {}  # id → the title that it was given last
        self.repeated = 0
        self.text = ""  # the description that new tasks get
        self.pause = 0.03
        self.resting = False
        self._numbers = itertools.count(1)

    @property
    def changes(self) -> int:
        return self.acknowledged.total()

    async def more(self, count: int, seconds: float = 60) -> None:
        """Wait until so many more changes are acknowledged."""
        upto = self.changes + count
        async with asyncio.timeout(seconds):
            while self.changes < upto:  # noqa: ASYNC110 - progress, not an event
                await asyncio.sleep(0.01)

    def remember(self) -> tuple[Counter[str], dict[str, str]]:
        """What is acknowledged by now, for `go_back_to`."""
        return self.acknowledged.copy(), self.tasks.copy()

    def go_back_to(self, remembered: tuple[Counter[str], dict[str, str]]) -> None:
        """The database is as it was then."""
        self.acknowledged, self.tasks = remembered

    async def write(self) -> None:
        """One writer; ends when told to rest, behind a change that is acknowledged."""
        own: list[str] = []
        while not self.resting:
            kind = self.chance.choices(("create", "change", "bulk"), (5, 4, 1))[0]
            if kind == "create" or len(own) < 3:
                own.append(await self.create(self._title()))
            elif kind == "change":
                await self.change(self.chance.choice(own), self._title())
            else:
                await self.bulk(self.chance.sample(own, 3), self._title())
            await asyncio.sleep(self.chance.uniform(0, self.pause))

    def _title(self) -> str:
        return f"change {next(self._numbers)}."  # the dot: no title is the beginning of another one

    async def create(self, title: str, *, key: str = "", first: str = "") -> str:
        """A new task; its id. `first` is the server to try first."""
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        answer = await self._until_done("POST", "/api/tasks", self._task(title), headers, first)
        self._acknowledge(title, [answer["id"]])
        return answer["id"]

    def _task(self, title: str) -> dict[str, str]:
        return {"title": title, "project_id": self.project_id, "description": self.text}

    async def change(self, id: str, title: str) -> None:
        await self._until_done("PATCH", f"/api/tasks/{id}", {"title": title}, {})
        self._acknowledge(title, [id])

    async def bulk(self, ids: list[str], title: str) -> None:
        """Several tasks in one transaction."""
        body = {"ids": ids, "changes": {"title": title}}
        await self._until_done("POST", "/api/tasks/bulk/update", body, {"Idempotency-Key": uuid.uuid4().hex})
        self._acknowledge(title, ids)

    def _acknowledge(self, title: str, ids: list[str]) -> None:
        self.acknowledged[title] += len(ids)
        self.tasks.update(dict.fromkeys(ids, title))

    async def once(self, url: str, title: str, key: str) -> int:
        """Ask for a task and do not ask again: the status, or 0 when no answer came."""
        headers = self.headers | {"Idempotency-Key": key}
        try:
            async with self.session.post(f"{url}/api/tasks", json=self._task(title), headers=headers) as answer:
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0

    async def _until_done(self, method: str, path: str, body: Any, headers: dict[str, str], first: str = "") -> Any:
        servers = self.chance.sample(self.servers, len(self.servers))
        for server in itertools.chain([first] if first else [], itertools.cycle(servers)):
            try:
                sent = self.headers | headers
                async with self.session.request(method, server + path, json=body, headers=sent) as answer:
                    if answer.status in (200, 201):
                        return await answer.json()
                    code = (await answer.json())["code"]
                    assert answer.status == UNAVAILABLE or code == BUSY, f"{method} {path}: {await answer.text()}"
            except (aiohttp.ClientError, OSError, TimeoutError):
                pass
            self.repeated += 1
            await asyncio.sleep(AGAIN_SECONDS)
        raise AssertionError("unreachable")
