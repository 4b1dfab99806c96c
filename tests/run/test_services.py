"""The embedded databases: who they run as, what they are, and that no kill loses anything."""

from __future__ import annotations

import multiprocessing
import os
import signal
import stat
import subprocess
import time
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis import Redis

from server.run import services
from server.run.account import CannotRun
from server.run.child import held
from server.run.postgres import embedded_postgres
from server.run.redis import embedded_redis, over_tcp
from server.run.supervisor import Supervisor
from tests.helpers.processes import gone
from tests.run.house import eventually


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder that no other account can walk into, as a home folder is."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o700)
    return folder


def rights(folder: Path) -> tuple[int, int, int]:
    found = folder.stat()
    return found.st_mode, found.st_uid, found.st_gid


async def ask(url: str, query: str) -> list[tuple]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def test_the_cluster_is_utf8_whatever_the_environment_says(closed: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LC_ALL", "POSIX")
    with embedded_postgres(closed / "var", durable=False) as url:
        assert await ask(url, "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = 'mediaflow'") == [
            ("UTF8",)
        ]
        assert await ask(url, "SELECT lower('ÄRGER'), to_tsvector('simple', 'Crème Brûlée')::text") == [
            ("ärger", "'brûlée':2 'crème':1")
        ]


async def test_the_login_is_no_superuser_and_a_new_database_has_the_extensions(closed: Path):
    with embedded_postgres(closed / "var", durable=False) as url:
        rights = "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
        assert await ask(url, rights) == [(False, False, True, True)]
        await ask(url, "CREATE DATABASE another")
        names = "SELECT extname FROM pg_extension ORDER BY 1"
        assert await ask(url.replace("/mediaflow?", "/another?"), names) == [("pg_trgm",), ("plpgsql",), ("unaccent",)]


def program(child: psutil.Process) -> tuple[str, int]:
    """What it is called and whose it is; nothing of one that has just ended."""
    try:
        return child.name(), child.uids().effective
    except psutil.NoSuchProcess:
        return "", -1


async def test_databases_never_run_as_root_and_leave_the_folders_above_alone(closed: Path):
    folders = [closed, *closed.parents]
    before = [rights(folder) for folder in folders]
    with embedded_postgres(closed / "var", durable=False), embedded_redis(closed / "var"):
        found = set(map(program, psutil.Process().children(recursive=True)))
        assert {"postgres", "valkey-server"} <= {name for name, _ in found}
        assert {("postgres", 0), ("valkey-server", 0)}.isdisjoint(found)
        assert stat.S_IMODE((closed / "var/postgres").stat().st_mode) == 0o700
        assert stat.S_IMODE((closed / "var/redis").stat().st_mode) == 0o700
    assert [rights(folder) for folder in folders] == before


async def test_a_folder_too_deep_for_a_sockets_name_works(tmp_path: Path):
    deep = tmp_path / ("d" * 120)
    with embedded_postgres(deep, durable=False) as url, embedded_redis(deep) as redis_url:
        assert await ask(url, "SELECT 1") == [(1,)]
        assert redis_url.startswith("redis://:")
        with Redis.from_url(redis_url) as redis:
            assert redis.ping()


def test_redis_is_reached_by_its_socket_and_by_its_port(tmp_path: Path):
    with embedded_redis(tmp_path / "a b?") as url:
        assert url.startswith("unix://:")
        with Redis.from_url(url) as by_socket, Redis.from_url(over_tcp(tmp_path / "a b?")) as by_port:
            by_socket.set("the same", "server")
            assert by_port.get("the same") == b"server"


def run_until_killed(var: Path, ready: Path) -> None:
    with embedded_postgres(var) as url, embedded_redis(var) as redis_url:
        ready.write_text(f"{url}\n{redis_url}")
        time.sleep(60)


async def test_what_was_acknowledged_survives_a_kill_of_everything(tmp_path: Path):
    var, ready = tmp_path / "var", tmp_path / "ready"
    owner = multiprocessing.get_context("spawn").Process(target=run_until_killed, args=(var, ready))
    owner.start()
    eventually(lambda: ready.exists() and "redis" in ready.read_text())
    url, redis_url = ready.read_text().splitlines()
    await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with Redis.from_url(redis_url) as redis:
        redis.set("kept", "42")
        assert redis.waitaof(1, 0, 0) == [1, 0]  # the append-only file is flushed once a second
    assert owner.pid
    all_of_it = [psutil.Process(owner.pid), *psutil.Process(owner.pid).children(recursive=True)]
    for process in all_of_it:
        if process.is_running():
            os.kill(process.pid, signal.SIGKILL)
    owner.join()
    eventually(lambda: all(gone(process) for process in all_of_it))
    # the number in the pid file is somebody else's now
    (var / "postgres/postmaster.pid").write_text(f"{os.getpid()}\n{var / 'postgres'}\n")
    with embedded_postgres(var) as url, embedded_redis(var) as redis_url, Redis.from_url(redis_url) as redis:
        assert await ask(url, "SELECT answer FROM kept") == [(42,)]
        assert redis.get("kept") == b"42"


def test_no_service_outlives_a_killed_owner(tmp_path: Path):
    var, ready = tmp_path / "var", tmp_path / "ready"
    owner = multiprocessing.get_context("spawn").Process(target=run_until_killed, args=(var, ready))
    owner.start()
    eventually(lambda: ready.exists() and "redis" in ready.read_text())
    assert owner.pid
    services = psutil.Process(owner.pid).children(recursive=True)
    owner.kill()
    owner.join()
    assert services
    eventually(lambda: all(gone(service) for service in services))


def test_one_folder_has_one_server(tmp_path: Path):
    with held(tmp_path / "postgres.lock"):
        with pytest.raises(CannotRun, match="is in use by another MediaFlow"):
            with held(tmp_path / "postgres.lock", patience=0.1):
                pass


def test_redis_moves_when_a_stranger_has_its_port(tmp_path: Path):
    with embedded_redis(tmp_path) as first:
        with embedded_redis(tmp_path / "other") as second:
            assert first != second
    taken = over_tcp(tmp_path)
    (tmp_path / "other/redis.url").write_text(taken)
    with embedded_redis(tmp_path) as again, embedded_redis(tmp_path / "other"):
        assert again == first
        assert over_tcp(tmp_path) == taken != over_tcp(tmp_path / "other")


def test_a_redis_url_is_for_its_owner_only(tmp_path: Path):
    with embedded_redis(tmp_path) as url:
        assert stat.S_IMODE((tmp_path / "redis.url").stat().st_mode) == 0o600
        listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert url.split(":")[2].split("@")[0] not in listing


def test_an_unreachable_database_is_named_without_its_password(tmp_path: Path):
    with pytest.raises(CannotRun) as refused:
        services.check_database(Supervisor(), f"postgresql://mediaflow:hidden@/mediaflow?host={tmp_path}", patience=0.1)
    assert str(refused.value).startswith("DATABASE_URL: no PostgreSQL answers at postgresql:///mediaflow")
    assert "hidden" not in str(refused.value)


def test_a_refusing_database_is_named_at_once(tmp_path: Path):
    with embedded_postgres(tmp_path, durable=False) as url:
        with pytest.raises(CannotRun, match=r'DATABASE_URL: .* refuses us: database "nowhere" does not exist'):
            services.check_database(Supervisor(), url.replace("/mediaflow?", "/nowhere?"))
        services.check_database(Supervisor(), url)


@pytest.mark.parametrize("number", [90624, 100023, 140019])
def test_an_old_postgres_is_refused_in_one_line(number: int):
    with pytest.raises(CannotRun) as refused:
        services.refuse_old_postgres(number, "postgresql://me:hidden@db:5432/mediaflow")
    says = f"postgresql://db:5432/mediaflow is PostgreSQL {number // 10000}; 15 or newer is needed"
    assert str(refused.value) == f"DATABASE_URL: {says}"


@pytest.mark.parametrize("version", ["2.8.24", "5.0.14", "6.0.20", "6.1.0"])
def test_an_old_redis_is_refused_in_one_line(version: str):
    with pytest.raises(CannotRun) as refused:
        services.refuse_old_redis(version, "redis://:hidden@cache:6379/0")
    assert str(refused.value) == f"REDIS_URL: redis://cache:6379/0 is Redis {version}; 6.2 or newer is needed"


def test_the_oldest_that_will_do_and_all_newer_ones_are_taken():
    for number in (150000, 150018, 160004, 180006):
        services.refuse_old_postgres(number, "postgresql://db/mediaflow")
    for version in ("6.2.0", "7.0.15", "7.10.1", "10.0.0", "7.2.4"):
        services.refuse_old_redis(version, "redis://cache")


def test_a_redis_that_is_away_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with embedded_redis(tmp_path) as url:
        services.check_redis(url)
        assert capsys.readouterr().out == ""
    services.check_redis(url)
    said = capsys.readouterr().out
    assert "starting without it" in said
    assert url not in said
