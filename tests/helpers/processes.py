"""Processes of ours beside the tests: workers and dispatchers, started, killed and stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from server.config import Settings
from tests.helpers.patience import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


class Process:
    """One running `python -m module`."""

    def __init__(self, child: asyncio.subprocess.Process, log: Path) -> None:
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
        with log.open("ab") as file:
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", module, cwd=ROOT, env=given, stdout=file, stderr=file
            )
        return cls(child, log)

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


async def until(look: Callable[[], Awaitable[T | None]], seconds: float = PATIENCE_SECONDS) -> T:
    """What `look` gives as soon as it is true. Fails after the seconds with what it gave last."""
    deadline = time.monotonic() + seconds
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not true after {seconds} s: {found!r}"
        await asyncio.sleep(0.05)
