"""Where a benchmark runs: services of its own, the seeded data, and server processes pinned to one core."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from server.run.postgres import embedded_postgres
from server.run.redis import embedded_redis

SERVER_CORE = 0
ROOT = Path(__file__).parents[2]


@dataclass
class Place:
    """Services with the bench data in them."""

    env: dict[str, str]

    @contextmanager
    def process(self, *module: str, alone: bool = True) -> Iterator[tuple[psutil.Process, int]]:
        """A process of ours on a free port; a server is alone on its core where the machine has two."""
        port = free_port()
        args = [part.replace("{port}", str(port)) for part in module]
        child = subprocess.Popen([sys.executable, "-m", *args], env=self.env | {"PORT": str(port)}, cwd=ROOT)
        try:
            process = psutil.Process(child.pid)
            if alone:
                pin(process, SERVER_CORE)
            yield process, port
        finally:
            child.terminate()
            child.wait(10)

    def run(self, *module: str) -> None:
        subprocess.run([sys.executable, "-m", *module], env=self.env, cwd=ROOT, check=True)


@contextmanager
def seeded_place() -> Iterator[Place]:
    """PostgreSQL and Redis from pip in a temporary folder, migrated and seeded with 20 projects and 10,000 tasks.

    Limits on what one person may ask or connect are lifted: here one person is everybody.
    """
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mediaflow-bench-")))
        os.chmod(var, 0o755)  # the database drops to an unprivileged account
        url = stack.enter_context(embedded_postgres(var))
        redis = stack.enter_context(embedded_redis(var))
        ours = {"DATABASE_URL": url, "REDIS_URL": redis, "VAR_DIR": str(var), "RATE_LIMITS": "off", "APP_ENV": "test"}
        place = Place(os.environ | ours | {"LOG_LEVEL": "WARNING"})
        leave_the_core()
        place.run("server.migrate")
        place.run("server.seed", "bench")
        yield place


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin(process: psutil.Process, core: int) -> None:
    """Keep the server to one core, where there are others."""
    if len(others()):
        process.cpu_affinity([core])


def leave_the_core() -> None:
    """Keep ourselves, PostgreSQL and Redis off the server's core: what they do is not the server's work."""
    ours = psutil.Process()
    for process in [ours, *ours.children(recursive=True)] if others() else []:
        process.cpu_affinity(others())


def others() -> list[int]:
    return [core for core in range(os.cpu_count() or 1) if core != SERVER_CORE]


def wait_for(url: str, seconds: float = 20) -> None:
    """Until the address answers at all."""
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
