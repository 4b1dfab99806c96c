"""`make run`: services, migrations, demo data, processes, and where to look when all of it is ready."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from honcho.environ import parse_procfile
from prometheus_client.multiprocess import mark_process_dead

from server.config import Settings, settings_or_exit
from server.run import postgres, services
from server.run.account import CannotRun
from server.run.child import Command, die_with_parent
from server.run.console import say
from server.run.supervisor import Kept, Supervisor

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0  # seconds for a web process to become ready
NO_ADDRESS = "HOST={} is no address of this machine: set it to 127.0.0.1 or 0.0.0.0"
SIGN_IN = "Sign in as"  # the lines of the seed's output that a newcomer needs


def main() -> None:
    """Run everything until a signal; one line and a code of 1 when it cannot."""
    if "--die-with-parent" in sys.argv:  # make's recipe asks for it: a killed make must not leave us behind
        die_with_parent()
    settings = settings_or_exit()
    supervisor = Supervisor()
    try:
        with ExitStack() as stack, supervisor.listening():
            run(supervisor, settings, stack)
    except CannotRun as error:
        raise SystemExit(f"mediaflow: {error}") from None


def run(supervisor: Supervisor, settings: Settings, stack: ExitStack) -> None:
    """Bring everything up in order, say where it is, and keep it up; `stack` holds what must outlive the processes."""
    if settings.chromium_path and not shutil.which(settings.chromium_path):
        raise CannotRun(f"CHROMIUM_PATH={settings.chromium_path} is no program: name a Chromium, or leave it empty")
    ports = range(settings.port, settings.port + settings.web)
    for port in ports:
        _refuse_taken(settings.host, port)
    var = settings.var_dir.resolve()
    _make_folder(var)
    env = _environment(supervisor, settings, var, stack)
    supervisor.once(_python("migrate", "server.migrate", env))
    accounts = _seed(supervisor, settings, env)
    for command in _programs(settings, env):
        supervisor.keep(Kept(command.name, "program", lambda command=command: command, ended=_forget_metrics(env)))
    for port in ports:
        _wait_ready(supervisor, settings.host, port)
    supervisor.ready = True
    _announce(settings, ports, accounts)
    while True:
        supervisor.tick()


def _environment(supervisor: Supervisor, settings: Settings, var: Path, stack: ExitStack) -> dict[str, str]:
    """The environment of our processes, with the services in it that the settings did not name."""
    database, redis_url = settings.database_url, settings.redis_url
    if database:
        services.check_database(supervisor, database)
    else:
        services.keep_postgres(supervisor, var)
        database = stack.enter_context(postgres.address(var))
    if redis_url:
        services.check_redis(redis_url)
    else:
        redis_url = services.keep_redis(supervisor, var)
    metrics = var / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)  # numbers of processes that are gone
    metrics.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    ours = {"DATABASE_URL": database, "REDIS_URL": redis_url, "METRICS_DIR": str(metrics), "PATH": path}
    return os.environ | ours | {"VAR_DIR": str(var), "PYTHONUNBUFFERED": "1"}


def _seed(supervisor: Supervisor, settings: Settings, env: dict[str, str]) -> list[str]:
    """Seed what the settings choose, and give who can sign in, as the seed says it."""
    if settings.seed == "none":
        return []
    if settings.production:
        say(f"SEED={settings.seed} in production: everybody knows the demo accounts' password, remove them")
    said = supervisor.once(_python("seed", f"server.seed {settings.seed}", env))
    return [line.removeprefix(SIGN_IN).strip() for line in said if line.startswith(SIGN_IN)]


def _programs(settings: Settings, env: dict[str, str]) -> Iterator[Command]:
    """The lines of the Procfile as commands; only `web` is there several times, each on a port of its own."""
    for kind, line in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        for number in range(settings.web if kind == "web" else 1):
            name = f"{kind}.{number + 1}" if kind == "web" and settings.web > 1 else kind
            port = settings.port + (number if kind == "web" else 0)
            yield Command(name, ["/bin/sh", "-c", f"exec {line}"], env | {"PORT": str(port)}, ROOT)


def _python(name: str, module: str, env: dict[str, str]) -> Command:
    return Command(name, [sys.executable, "-m", *module.split()], env, ROOT)


def _forget_metrics(env: dict[str, str]) -> Callable[[int], None]:
    return lambda pid: mark_process_dead(pid, env["METRICS_DIR"])  # a dead process has no sockets left to count


def _make_folder(var: Path) -> None:
    try:
        var.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"VAR_DIR: {var} cannot be made ({error.strerror}): set it to a folder of yours") from None
    if not os.access(var, os.W_OK | os.X_OK):
        raise CannotRun(f"VAR_DIR: {var} is closed to us: set it to a folder of yours")


def _refuse_taken(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        raise CannotRun(NO_ADDRESS.format(host)) from None
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                raise CannotRun(NO_ADDRESS.format(host)) from None
            what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
            raise CannotRun(f"port {port} on {host} {what}: set PORT to another one") from None


def _wait_ready(supervisor: Supervisor, host: str, port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _is_ready(host, port):
        if time.monotonic() > deadline:
            raise CannotRun(f"nothing answers GET /api/ready on port {port}: see the lines above")
        supervisor.tick()


def _is_ready(host: str, port: int) -> bool:
    reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = HTTPConnection(reachable, port, timeout=1)
    try:
        connection.request("GET", "/api/ready")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _announce(settings: Settings, ports: range, accounts: list[str]) -> None:
    first, *others = [settings.address(port) for port in ports]
    lines = [f"Board          {first}/projects"]
    lines += [f"               {other}/projects" for other in others]
    lines += [f"{SIGN_IN:<14} {account}" for account in accounts]
    lines += [f"API reference  {first}/api/docs"]
    if not settings.production and not settings.smtp_url:
        lines += [f"Mailbox        {first}/dev/mail"]
    for line in ("MediaFlow is ready.", *lines, "Ctrl-C stops it."):
        say(line)


if __name__ == "__main__":
    main()
