"""Processes of ours beside the tests: workers and dispatchers, started, killed and stopped."""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import psutil

from server.config import Settings
from tests.helpers.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
Nursery = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Child:
    """A process that a nursery has forked, as asyncio shows those that it starts itself."""

    def __init__(self, pid: int, nursery: Nursery) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = asyncio.create_task(self._end(*nursery))

    async def _end(self, said: asyncio.StreamReader, heard: asyncio.StreamWriter) -> int:
        self.returncode = int(await said.readline())
        heard.close()
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class Nurseries:
    """One for each module (see `tests/helpers/nursery.py`), begun when it is first asked for."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="nurseries-")  # a socket's path is to be short
        self._begun: dict[str, subprocess.Popen[bytes]] = {}

    async def fork(self, module: str, arguments: Sequence[object], environment: dict[str, str], log: Path) -> Child:
        """A process that is `python -m module …`, and writes into the log."""
        address = Path(self._folder.name, module)
        if module not in self._begun:
            self._begun[module] = self._begin(module, address)
        line: Nursery = await until(lambda: self._called(address))
        order = {"arguments": list(map(str, arguments)), "environment": environment, "log": str(log)}
        line[1].write(json.dumps(order).encode() + b"\n")
        return Child(int(await line[0].readline()), line)

    def _begin(self, module: str, address: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.helpers.nursery", module, str(address)]
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE)

    async def _called(self, address: Path) -> Any:
        """The line to a nursery, or nothing while it does not listen."""
        try:
            return await asyncio.open_unix_connection(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return None

    def close(self) -> None:
        for nursery in self._begun.values():
            nursery.communicate()
        self._begun.clear()
        self._folder.cleanup()


nurseries = Nurseries()
atexit.register(nurseries.close)  # whoever runs no pytest has nobody else to do it


class Process:
    """One running `python -m module`."""

    def __init__(self, child: Child, log: Path) -> None:
        self.child, self.log = child, log

    @classmethod
    async def start(cls, module: str, config: Settings, log: Path, **environment: str) -> Process:
        given = os.environ | {
            "APP_ENV": "test",
            "DATABASE_URL": config.database_url,
            "REDIS_URL": config.redis_url,
            "PUBLIC_URL": config.public_url,
            "LOG_LEVEL": "INFO",
            "JOB_LEASE_SECONDS": "10",
            "SWEEP_SECONDS": "0.2",
            **environment,
        }
        return cls(await nurseries.fork(module, (), given, log), log)

    async def kill(self) -> None:
        """SIGKILL."""
        if self.child.returncode is None:
            self.child.kill()
        await self.child.wait()

    async def stop(self) -> float:
        """SIGTERM; gives the seconds it took to end."""
        began = time.monotonic()
        if self.child.returncode is None:
            self.child.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.child.wait(), PATIENCE_SECONDS)
        return time.monotonic() - began

    def said(self) -> str:
        """What it wrote to its log."""
        return self.log.read_text(errors="replace")


@asynccontextmanager
async def beside(
    config: Settings, folder: Path, sql: Callable[..., Awaitable[Any]], began: datetime
) -> AsyncIterator[Callable[..., Awaitable[Process]]]:
    """`await start("tasks.worker", SMTP_URL=…)` starts one of our processes; all end with the block.

    What other tests have left undone in the shared database before `began` is not theirs to work through first.
    """
    await sql("UPDATE delivery SET state = 'done' WHERE state = 'queued' AND run_at < $1", began)
    await sql("UPDATE job SET state = 'cancelled' WHERE state IN ('queued', 'running') AND created_at < $1", began)
    started: list[Process] = []

    async def start(module: str, **environment: str) -> Process:
        log = folder / f"{len(started)}.{module}.log"
        started.append(await Process.start(module, config, log, **environment))
        return started[-1]

    yield start
    for process in started:
        await process.kill()


def gone(process: psutil.Process) -> bool:
    """Ended; whether somebody has read its exit code is up to process 1."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # just now
        return True


async def until(look: Callable[[], Awaitable[T | None]], seconds: float = PATIENCE_SECONDS) -> T:
    """What `look` gives as soon as it is true. Fails after the seconds with what it gave last."""
    deadline = time.monotonic() + seconds
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not true after {seconds} s: {found!r}"
        await asyncio.sleep(0.05)
