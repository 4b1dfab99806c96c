"""One command runs everything, keeps it alive, keeps its data, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.helpers.patience import SLOW
from tests.helpers.ports import free_port, free_ports
from tests.helpers.processes import gone
from tests.run.house import House, eventually, is_ready, start


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("house") / "var"


@pytest.fixture(scope="module")
def port() -> int:
    return free_ports(2)


@pytest.fixture(scope="module")
def house(place: Path, port: int) -> Iterator[House]:
    house = start(place, PORT=port, WEB=2)
    try:
        house.wait_ready()
        yield house
    finally:
        if house.process.poll() is None:
            house.stop()


def test_it_says_where_everything_is(house: House, port: int):
    eventually(lambda: is_ready(port) and is_ready(port + 1))
    said = house.output[house.output.index("MediaFlow is ready") :]
    for line in (
        rf"Board +http://127\.0\.0\.1:{port}/projects",
        rf"http://127\.0\.0\.1:{port + 1}/projects",
        r"Sign in as +\S+@\S+",
        rf"API reference +http://127\.0\.0\.1:{port}/api/docs",
        rf"Mailbox +http://127\.0\.0\.1:{port}/dev/mail",
    ):
        assert re.search(line, said), said


@pytest.mark.parametrize(
    "words",
    [("python", "-m", "server"), ("-m", "tasks.worker"), ("-m", "tasks.dispatch"), ("valkey-server",), ("postgres",)],
)
def test_what_is_killed_is_started_again_within_two_seconds(house: House, port: int, words: tuple[str, ...]):
    killed = house.child(*words)
    assert killed
    before = {child.pid for child in psutil.Process(house.process.pid).children()}
    os.kill(killed.pid, signal.SIGKILL)
    eventually(lambda: {c.pid for c in psutil.Process(house.process.pid).children()} - before, seconds=2 * SLOW)
    eventually(lambda: is_ready(port) and is_ready(port + 1))


def test_a_taken_port_is_named_in_one_line(house: House, tmp_path: Path, port: int):
    second = start(tmp_path / "var", PORT=port)
    assert second.last_line() == (f"mediaflow: port {port} on 127.0.0.1 is taken: set PORT to another one")


def test_a_folder_in_use_is_named_in_one_line(house: House, place: Path):
    second = start(place, PORT=free_port(), SEED="none")
    assert second.last_line().endswith(f"mediaflow: {place} is in use by another MediaFlow: stop it, or set VAR_DIR")


def test_a_signal_stops_all_of_it_within_five_seconds(house: House, port: int):
    everything = house.everything()
    assert len(everything) >= 7
    assert house.stop() < 5 * SLOW
    assert house.process.returncode == 0
    assert [process for process in everything if not gone(process)] == []
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that have ended are remembered
        probe.bind(("127.0.0.1", port))


def test_a_second_start_takes_seconds_and_nothing_outlives_a_killed_supervisor(house: House, place: Path, port: int):
    began = time.monotonic()
    again = start(place, PORT=port)
    again.wait_ready()
    assert time.monotonic() - began < 15 * SLOW
    assert "making the database" not in again.output
    everything = again.everything()
    again.stop(signal.SIGKILL)
    eventually(lambda: all(gone(process) for process in everything), seconds=5 * SLOW)


def test_given_services_are_used_and_none_is_started(tmp_path: Path, cluster: str, redis_url: str):
    port = free_port()
    house = start(tmp_path / "var", PORT=port, DATABASE_URL=cluster, REDIS_URL=redis_url, SEED="none")
    house.wait_ready()
    names = {process.name() for process in house.everything()}
    house.stop()
    assert names & {"postgres", "valkey-server"} == set()
    assert sorted(path.name for path in (tmp_path / "var").iterdir()) == ["files", "metrics"]


def test_a_signal_during_the_start_stops_all_of_it(tmp_path: Path):
    house = start(tmp_path / "var", PORT=free_port())
    eventually(lambda: house.child("postgres"))
    everything = house.everything()
    assert house.stop() < 5 * SLOW
    assert house.process.returncode == 0
    assert [process for process in everything if not gone(process)] == []
