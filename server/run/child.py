"""Starting a process so that it cannot outlive the one that started it, whatever ends that one."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from server.run.account import Account, CannotRun
from server.run.console import say

PR_SET_PDEATHSIG = 1
LONGEST_SOCKET_PATH = 107  # bytes, of the name of a unix socket
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Command:
    """A process to run in the foreground, as one of our children."""

    name: str
    argv: list[str]
    env: Mapping[str, str]
    cwd: Path
    account: Account | None = None
    stdin: bytes = field(default=b"", repr=False)
    stop: signal.Signals = signal.SIGTERM
    orphaned: signal.Signals = signal.SIGKILL
    log: Path | None = None

    @contextmanager
    def options(self, lock: int | None = None) -> Iterator[dict[str, Any]]:
        """The keyword arguments for Popen, valid while the block lasts."""
        with tempfile.TemporaryFile() as stdin:
            stdin.write(self.stdin)
            stdin.seek(0)
            who = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []} if self.account else {}
            yield {
                "cwd": self.cwd,
                "env": dict(self.env),
                "stdin": stdin,
                "process_group": 0,  # Ctrl-C in the terminal reaches only us; we stop the rest in order
                "pass_fds": () if lock is None else (lock,),
                # runs after the change of account, which would clear the wish again
                "preexec_fn": partial(die_with_parent, self.orphaned, os.getpid()),
                **who,
            }


def die_with_parent(death: int = signal.SIGTERM, parent: int | None = None) -> None:
    """Ask the kernel to send `death` to this process when its parent is gone."""
    _libc.prctl(PR_SET_PDEATHSIG, int(death))
    if parent is not None and os.getppid() != parent:  # it went before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def signal_group(pid: int, what: signal.Signals) -> None:
    """Signal a child and whatever it started itself; one that is gone already is no error."""
    try:
        os.killpg(pid, what)
    except ProcessLookupError:
        return


@contextmanager
def held(lock: Path, patience: float = 5.0) -> Iterator[int]:
    """Hold a folder for one server: the child inherits the descriptor, so the lock lasts as long as its last process.

    No pid file can promise that: after a `kill -9` the number may belong to anyone.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        deadline = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise CannotRun(f"{lock.parent} is in use by another MediaFlow: stop it, or set VAR_DIR") from None
                time.sleep(0.05)
        yield descriptor
    finally:
        os.close(descriptor)


def launch(command: Command, options: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start a command, its output in its log or on ours with its name before each line."""
    if command.log:
        with command.log.open("wb") as log:
            return subprocess.Popen[bytes](command.argv, stdout=log, stderr=log, **options)
    process = subprocess.Popen[bytes](command.argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    threading.Thread(target=_relay, args=(command.name, process.stdout), daemon=True).start()
    return process


def _relay(name: str, stream: IO[bytes]) -> None:
    with stream:
        for line in stream:
            say(line.rstrip(b"\r\n").decode(errors="replace"), name)


@contextmanager
def running(prepare: Callable[[], Command], lock: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command that `prepare` makes under the lock while the block lasts."""
    with held(lock) as descriptor:
        command = prepare()
        with command.options(descriptor) as options:
            process = launch(command, options)
    try:
        yield process
    finally:
        process.send_signal(command.stop)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            signal_group(process.pid, signal.SIGKILL)
            process.wait()
