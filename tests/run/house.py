"""A whole MediaFlow started as a user starts it, in a folder and on ports of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from server.config import Settings
from tests.helpers.patience import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
OURS = {name.upper() for name in Settings.model_fields} | {"PROMETHEUS_MULTIPROC_DIR"}


def start(var: Path, **settings: object) -> House:
    """Start all of it with these settings and nothing of the surrounding environment's."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    env |= {"VAR_DIR": str(var)} | {name: str(value) for name, value in settings.items()}
    with tempfile.NamedTemporaryFile(dir=var.parent, suffix=".out", delete=False) as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "server.run"], cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT
        )
    return House(process, Path(output.name))


class House:
    def __init__(self, process: subprocess.Popen[bytes], output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def output(self) -> str:
        return self._output.read_text()

    def wait_ready(self) -> None:
        """Return when it says that it is ready; fail with what it said when it ends before."""
        eventually(lambda: "MediaFlow is ready" in self.output or self.process.poll() is not None, 2 * PATIENCE_SECONDS)
        assert self.process.poll() is None, self.output

    def child(self, *words: str) -> psutil.Process | None:
        """The child whose command line ends with these words."""
        for child in psutil.Process(self.process.pid).children():
            line = _command_line(child)
            if line[-len(words) :] == list(words) or (len(words) == 1 and line and line[0].endswith(words[0])):
                return child
        return None

    def everything(self) -> list[psutil.Process]:
        return [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Stop it and give the seconds that it took until its main process was gone."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(PATIENCE_SECONDS)
        return time.monotonic() - began

    def last_line(self) -> str:
        """Wait for the end of a start that is refused, and give all that it said."""
        assert self.process.wait(PATIENCE_SECONDS) == 1, self.output
        return self.output.strip()


def eventually(holds: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> float:
    """Wait until something holds and give the seconds that it took; fail after `seconds`."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - began


def is_ready(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/api/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
