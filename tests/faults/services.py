"""PostgreSQL and Redis that can be killed, frozen and started again at the same address."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from server.run import postgres, redis
from server.run.child import Command, held, running


class Service:
    """A server of our own in a folder."""

    name = ""

    def __init__(self, folder: Path, command: Callable[[], Command], wait_ready: Callable[..., None]) -> None:
        self.folder, self._command, self._wait_ready = folder, command, wait_ready
        self._stack = ExitStack()
        self.start()

    def start(self) -> None:
        """Start it, perhaps again, and return when it answers."""
        self.process = self._stack.enter_context(running(self._command, self.folder / f"{self.name}.lock"))
        self._wait_ready(self.folder, lambda: self.process.poll() is None)

    def kill(self) -> None:
        """SIGKILL; returns when it is dead."""
        self.process.kill()
        assert self.process.wait() == -signal.SIGKILL

    def freeze(self) -> None:
        """Let it stand still, its connections open."""
        self.process.send_signal(signal.SIGSTOP)
        stat = Path(f"/proc/{self.process.pid}/stat")
        while stat.read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.005)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """In order, as a deployment would."""
        self._stack.close()
        self._stack = ExitStack()


class Redis(Service):
    name = "redis"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda: redis.command(folder), redis.wait_ready)
        self.url = redis.over_tcp(folder)


class Postgres(Service):
    """A cluster that keeps what it has committed, whatever ends it."""

    name = "postgres"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, lambda: postgres.command(folder, durable=True), postgres.wait_ready)
        self._address = ExitStack()
        self.url = self._address.enter_context(postgres.address(folder))

    def back_up(self) -> None:
        """Stop it, copy all of it, and go on."""
        self.stop()
        self._copy("postgres", "backup")
        self.start()

    def restore(self) -> None:
        """Throw away what there is, and go on from the copy."""
        self.kill()
        with held(self.folder / "postgres.lock"):  # its last process has gone
            self._copy("backup", "postgres")
        self.start()

    def _copy(self, source: str, target: str) -> None:
        shutil.rmtree(self.folder / target, ignore_errors=True)
        subprocess.run(["cp", "-a", str(self.folder / source), str(self.folder / target)], check=True)
