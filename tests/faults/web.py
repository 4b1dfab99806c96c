"""Web processes that a test may kill, and the clients that must not notice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import socketio
from prometheus_client.parser import text_string_to_metric_families
from socketio.exceptions import SocketIOError

from tests.helpers.ports import free_port
from tests.helpers.processes import Child, nurseries

READY_SECONDS = 60


class Web:
    """One web process at a fixed port, which can be killed and started again."""

    def __init__(self, environment: dict[str, str], log: Path, module: str = "server") -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self.module = module
        self.faults = log.with_suffix(".faults")
        self.environment = os.environ | environment
        self.environment |= {"HOST": "127.0.0.1", "PORT": str(port), "FAULTS_SOCKET": str(self.faults)}
        self.process: Child | None = None

    async def start(self) -> None:
        self.process = await nurseries.fork(self.module, (), self.environment, self.log)
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
            while not await self._answers(session):
                assert self.process.returncode is None, self.log.read_text()
                await asyncio.sleep(0.05)

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/api/health") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def fault(self, name: str, **arguments: Any) -> Any:
        """Ask for one of the faults of `tests.faults.process`."""
        reader, writer = await asyncio.open_unix_connection(str(self.faults))
        writer.write(json.dumps([name, arguments]).encode() + b"\n")
        answer = await reader.readline()
        writer.close()
        return json.loads(answer)

    def strike(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()

    async def dead(self, seconds: float = 60) -> None:
        """Wait until a SIGKILL has ended it."""
        assert self.process is not None
        async with asyncio.timeout(seconds):
            assert await self.process.wait() == -signal.SIGKILL

    async def kill(self) -> None:
        """SIGKILL, and wait until it is dead."""
        self.strike()
        await self.dead()

    async def end(self) -> None:
        """SIGKILL if it still lives."""
        if self.process is not None and self.process.returncode is None:
            await self.kill()

    async def number(self, name: str) -> float:
        """One of its metrics, summed over its labels; 0 while it has none."""
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/metrics") as answer:
            families = text_string_to_metric_families(await answer.text())
        return sum(s.value for family in families for s in family.samples if s.name == name)

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    async def until_counted(self, name: str, least: float, seconds: float = 60) -> None:
        """Wait until one of its metrics has risen to this."""
        async with asyncio.timeout(seconds):
            while await self.number(name) < least:  # noqa: ASYNC110 - looked at over HTTP
                await asyncio.sleep(0.05)


@asynccontextmanager
async def webs(count: int, environment: dict[str, str], folder: Path) -> AsyncIterator[list[Web]]:
    """That many web processes, while the block lasts."""
    started = [Web(environment, folder / f"web{n}.log") for n in range(count)]
    try:
        await asyncio.gather(*(web.start() for web in started))
        yield started
    finally:
        await asyncio.gather(*(web.stop() for web in started))


class Client:
    """An official client that keeps the contract's whole rule for one room, and every receipt that the rule let pass.

    `broken` holds what a server that keeps its promise never sends: a gap or a step back within one connection.
    """

    def __init__(self, url: str, token: str, room: str, epoch: str, seq: int) -> None:
        self.url, self.token, self.room = url, token, room
        self.epoch, self.seq = epoch, seq
        self.received: list[tuple[int, str]] = []
        self.broken: list[str] = []
        self.connections = 0
        self.degraded: list[bool] = []
        self._joined = False
        self._moved = asyncio.Event()

    async def reached(self, seq: int) -> None:
        """Wait until the client has everything up to `seq`, or has been sent what it must not be."""
        while self.seq < seq and not self.broken:
            self._moved.clear()
            await self._moved.wait()

    async def run(self) -> None:
        """Stay in the room whatever happens; ends only by being cancelled."""
        while True:
            try:
                await self._stay()
            except (SocketIOError, TimeoutError, aiohttp.ClientError):
                await asyncio.sleep(0.05)

    async def _stay(self) -> None:
        connection = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        connection.on("*", self._event)
        try:
            self._joined = False
            await connection.connect(self.url, auth={"token": self.token}, transports=["websocket"], wait_timeout=30)
            joined = asyncio.Event()

            def answered(answer: dict[str, Any]) -> None:
                self._answer(answer)
                joined.set()

            said = {"room": self.room, "after": self.seq, "epoch": self.epoch}
            await connection.emit("join", said, callback=answered)
            async with asyncio.timeout(10):
                await joined.wait()
            self.connections += 1
            await connection.wait()
        finally:
            await connection.disconnect()

    def _answer(self, answer: dict[str, Any]) -> None:
        if not answer["ok"] or answer["reset"]:
            self.broken.append(f"join after {self.seq}: {answer}")
            return
        for event in answer["events"]:
            self._take(event)
        if answer["seq"] != self.seq:
            self.broken.append(f"the answer says {answer['seq']}, its events end at {self.seq}")
        self._joined = True

    def _event(self, name: str, payload: Any = None) -> None:
        if name == "degraded":
            self.degraded.append(payload["on"])
        elif isinstance(payload, dict) and payload.get("room") == self.room:
            if not self._joined:
                self.broken.append(f"{name} {payload.get('seq')} overtook the answer of join")
            self._take(payload)

    def _take(self, event: dict[str, Any]) -> None:
        if event["seq"] != self.seq + 1:
            self.broken.append(f"{event['seq']} came after {self.seq}")
            self._moved.set()
            return
        self.seq = event["seq"]
        self.received.append((event["seq"], event["id"]))
        self._moved.set()
