"""Keeps the processes alive: starts them in order, restarts what dies, stops all of it within five seconds."""

from __future__ import annotations

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from server.run.account import CannotRun
from server.run.child import Command, held, launch, signal_group
from server.run.console import say

TICK = 0.05
LONG_LIFE = 5.0  # seconds; a process that lived so long died by accident, not by its nature
QUICK_RESTARTS = 5
LONGEST_PAUSE = 30.0
GIVE_UP = 5  # quick deaths before the first readiness
GRACE = {"program": 2.5, "service": 1.0}  # with what a loaded machine adds, below the five seconds that we promise


class Stopped(Exception):
    """A signal asked us to stop."""


@dataclass
class Kept:
    """A process that is started again when it dies."""

    name: str
    kind: str
    prepare: Callable[[], Command]
    lock: Path | None = None
    ended: Callable[[int], None] | None = None  # told the number of each process that ended
    process: subprocess.Popen[bytes] | None = None
    command: Command | None = None
    started: float = 0
    due: float = 0
    failures: int = 0

    def start(self) -> None:
        with held(self.lock) if self.lock else nullcontext() as descriptor:
            self.command = self.prepare()
            with self.command.options(descriptor) as options:
                self.process = launch(self.command, options)
        self.started = time.monotonic()

    def bury(self) -> str:
        """Note that the process ended, decide when it starts again, and say how it ended."""
        assert self.process
        if self.ended:
            self.ended(self.process.pid)
        code, self.process = self.process.returncode, None
        now = time.monotonic()
        self.failures = 1 if now - self.started > LONG_LIFE else self.failures + 1
        excess = self.failures - QUICK_RESTARTS
        self.due = now + (0.1 if excess <= 0 else min(LONGEST_PAUSE, 2.0 ** (excess - 1)))
        return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


class Supervisor:
    """The processes and their output, in one thread of control."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []
        self.ready = False
        self._asked_to_stop = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Turn SIGINT, SIGTERM and SIGHUP into `Stopped` while the block lasts, and leave nothing running after it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        try:
            yield
        except Stopped:
            say("stopping")
        finally:
            self.stop()

    def keep(self, kept: Kept) -> Kept:
        """Start a process and start it again whenever it dies, until `stop`."""
        self.kept.append(kept)
        kept.start()
        return kept

    def once(self, command: Command) -> list[str]:
        """Run a command to its end, say what it said and give it; a failure stops the start."""
        with tempfile.TemporaryFile() as output, command.options() as options:
            process = subprocess.Popen[bytes](command.argv, stdout=output, stderr=output, **options)
            try:
                while process.poll() is None:
                    self.tick()
            finally:
                signal_group(process.pid, signal.SIGKILL)
            output.seek(0)
            lines = output.read().decode(errors="replace").splitlines()
        for line in lines:
            say(line, command.name)
        if process.returncode:
            raise CannotRun(f"{command.name} failed: see the lines above")
        return lines

    def running(self, kept: Kept) -> Callable[[], bool]:
        """A question for the loops that wait for `kept`: is it worth to wait on?"""

        def alive() -> bool:
            self.tick()
            return kept.failures == 0

        return alive

    def tick(self) -> None:
        """Look after every process once, then rest a moment."""
        if self._asked_to_stop:
            raise Stopped
        for kept in self.kept:
            self._look_after(kept)
        time.sleep(TICK)

    def stop(self) -> None:
        """Stop the programs, then the services that they use; whoever is slow is killed."""
        for kind, grace in GRACE.items():
            ending = [kept for kept in self.kept if kept.kind == kind and kept.process]
            for kept in ending:
                assert kept.process
                assert kept.command
                kept.process.send_signal(kept.command.stop)
            deadline = time.monotonic() + grace
            for kept in ending:
                assert kept.process
                if not _end(kept.process, deadline):
                    say(f"{kept.name} was too slow to stop and was killed")
                kept.process = None

    def _look_after(self, kept: Kept) -> None:
        if kept.process is None:
            if time.monotonic() >= kept.due:
                kept.start()
        elif kept.process.poll() is not None:
            signal_group(kept.process.pid, signal.SIGKILL)  # what it started goes with it
            how = kept.bury()
            if not self.ready and kept.failures >= GIVE_UP:
                raise CannotRun(f"{kept.name} {how}, {GIVE_UP} times in a row: see the lines above")
            say(f"{kept.name} {how}, starting it again")

    def _ask_to_stop(self, *_: object) -> None:
        self._asked_to_stop = True


def _end(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait for a process's end, and force it at the deadline; whether it ended by itself."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(max(0.0, deadline - time.monotonic()))
    by_itself = process.poll() is not None
    signal_group(process.pid, signal.SIGKILL)
    process.wait()
    return by_itself
