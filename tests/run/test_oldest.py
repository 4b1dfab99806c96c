"""The oldest PostgreSQL that will do, as somebody's own: SQL that needs a newer one fails here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.ports import free_port
from tests.helpers.services import GivenPostgres
from tests.readme import tour
from tests.run.house import ROOT, eventually, is_ready, start

PROGRAMS = Path("/usr/lib/postgresql/15/bin")  # where Debian puts them


@pytest.fixture(scope="module")
def oldest() -> Iterator[GivenPostgres]:
    if not PROGRAMS.exists():
        pytest.skip(f"there is no PostgreSQL 15 in {PROGRAMS}")
    server = GivenPostgres(PROGRAMS)
    yield server
    server.stop()


def test_its_schema_is_what_the_models_say(oldest: GivenPostgres):
    done = subprocess.run(
        [sys.executable, "-m", "server.run.schema", oldest.url], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "migrations and models agree\n", done.stderr


def test_everything_runs_on_it_and_comes_back_after_its_kill(oldest: GivenPostgres, redis_url: str, tmp_path: Path):
    port = free_port()
    house = start(tmp_path / "var", PORT=port, DATABASE_URL=oldest.url, REDIS_URL=redis_url, SEED="demo")
    try:
        house.wait_ready()
        oldest.kill()
        eventually(lambda: not is_ready(port))
        oldest.start()
        eventually(lambda: is_ready(port))
        tour.take(house, port, tmp_path)
    finally:
        house.stop()
