"""Mixed load, always as much of it: people who write, stay, come and go, do not read, or use official clients."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Coroutine
from contextlib import closing, suppress
from itertools import cycle, takewhile
from typing import Any

import socketio

from tests.bench.load import Line, request
from tests.bench.rest import ask, sign_in
from tests.bench.sockets import Crowd

STAYING, COMING, SLOW, WRITING = 100, 40, 6, 4
TASKS = 50  # of each project
RENEW_SECONDS = 240.0  # well within a token's life
RECEIVE_BUFFER = 4096
EVERY_TRANSPORT = (["websocket"], ["polling"], ["polling", "websocket"])


class Traffic:
    """The load on one web process; `start` it, look at `failed` now and then, `stop` it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = sign_in(port)["access_token"]
        projects = ask(port, "GET", "/api/projects?limit=100", token=self.token)["items"]
        self.tasks = {p["id"]: self._tasks_of(p["id"]) for p in projects}
        self.rooms = [f"project:{id}" for id in self.tasks]
        self.staying = Crowd(port, self.token)
        self.written = 0
        self._running: list[asyncio.Task[None]] = []
        self._ending = asyncio.Event()

    def _tasks_of(self, project: str) -> list[str]:
        found = ask(self.port, "GET", f"/api/tasks?limit={TASKS}&project_id={project}", token=self.token)
        return [task["id"] for task in found["items"]]

    # ---- its life ----

    async def start(self) -> None:
        await self.staying.come(STAYING)
        for one in self.staying.sockets:
            for room in self.rooms:
                await one.join(room=room)
        self._run(self._renew(), self._write_many())
        self._run(*(self._write() for _ in range(WRITING)))
        self._run(*(self._come_and_go() for _ in range(COMING)))
        self._run(*(self._stop_reading() for _ in range(SLOW)))
        self._run(*(self._use_official_client(transports) for transports in EVERY_TRANSPORT))

    def _run(self, *parts: Coroutine[Any, Any, None]) -> None:
        self._running += [asyncio.create_task(part) for part in parts]

    def failed(self) -> None:
        """Raise what ended a part of it: none ends by itself."""
        for task in self._running:
            if task.done():
                task.result()
        if len(self.staying) < STAYING:
            raise ConnectionResetError(f"{STAYING - len(self.staying)} sockets were hung up on that read all they got")

    async def stop(self) -> None:
        """End all of it; every socket hangs up."""
        self._ending.set()
        await asyncio.gather(*self._running)  # not cancelled: a client that is just connecting would stay behind
        await self.staying.go()

    async def _pause(self, least: float, most: float) -> None:
        """Some time, but not when all of it ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(random.uniform(least, most)):
                await self._ending.wait()

    # ---- its parts ----

    async def _renew(self) -> None:
        """Sign in again in time; the sockets that stay live on with the new token."""
        while not self._ending.is_set():
            await self._pause(RENEW_SECONDS, RENEW_SECONDS)
            self.token = (await asyncio.to_thread(sign_in, self.port))["access_token"]
            for one in self.staying.sockets:
                one.say(b"42" + json.dumps(["auth", {"token": self.token}]).encode())

    async def _write(self) -> None:
        """Read, change, add and delete tasks; there are as many in the end."""
        with closing(await Line.open(self.port)) as line:
            while not self._ending.is_set():
                await self._write_some(line)

    async def _write_some(self, line: Line) -> None:
        project, ids = random.choice(list(self.tasks.items()))
        await self._ask(line, "GET", f"/api/tasks?limit=50&project_id={project}")
        for _ in range(6):
            path = f"/api/tasks/{random.choice(ids)}"
            await self._ask(line, "GET", path)
            await self._ask(line, "PATCH", path, {"title": f"Soaked {self.written}"})
        added = await self._ask(line, "POST", "/api/tasks", {"title": "A drop", "project_id": project})
        await self._ask(line, "DELETE", f"/api/tasks/{json.loads(added)['id']}")

    async def _write_many(self) -> None:
        """A burst for each room in turn."""
        with closing(await Line.open(self.port)) as line:
            for ids in takewhile(lambda _: not self._ending.is_set(), cycle(self.tasks.values())):
                body = {"ids": ids, "changes": {"title": f"Poured {self.written}"}}
                await self._ask(line, "POST", "/api/tasks/bulk/update", body)
                await self._pause(0.5, 0.5)

    async def _ask(self, line: Line, method: str, path: str, body: object = None) -> bytes:
        answer = await line.ask(request(method, path, self.token, body))
        self.written += 1
        await self._pause(0.02, 0.1)
        return answer

    async def _come_and_go(self) -> None:
        """Join some rooms, leave one, hang up without a word, come back and ask for what was missed."""
        last: dict[str, Any] = {}
        while not self._ending.is_set():
            crowd = Crowd(self.port, self.token)
            one = await crowd.open()
            rooms = random.sample(self.rooms, 3)
            if last:
                await one.join(room=last["room"], after=last["seq"], epoch=last["epoch"])  # may be too much: a reset
            for room in rooms:
                last = await one.join(room=room)
            await self._pause(1, 8)
            one.say(b"42" + json.dumps(["leave", {"room": rooms[0]}]).encode())
            await self._pause(0, 1)
            await crowd.go()
            await self._pause(0.1, 2)

    async def _stop_reading(self) -> None:
        """Join all rooms and read nothing, for a while or until the server has had enough."""
        while not self._ending.is_set():
            crowd = Crowd(self.port, self.token)
            one = await crowd.open(RECEIVE_BUFFER)
            for room in self.rooms:
                await one.join(room=room)
            one.transport.pause_reading()
            await self._pause(5, 60)
            one.transport.resume_reading()
            await self._pause(2, 2)
            await crowd.go()

    async def _use_official_client(self, transports: list[str]) -> None:
        while not self._ending.is_set():
            client = socketio.AsyncClient(reconnection=False, handle_sigint=False)
            await client.connect(f"http://127.0.0.1:{self.port}", auth={"token": self.token}, transports=transports)
            try:
                await client.call("join", {"room": random.choice(self.rooms)})
                await self._pause(2, 6)
            finally:
                await client.disconnect()
