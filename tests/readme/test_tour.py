"""The README's tour runs against a server that was started as the README says."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.ports import free_port
from tests.readme import tour
from tests.run.house import start


def test_the_tour_does_what_it_says(tmp_path: Path):
    assert len(tour.script().splitlines()) <= 60
    port = free_port()
    house = start(tmp_path / "var", PORT=port, SEED="demo")
    try:
        house.wait_ready()
        tour.take(house, port, tmp_path)
    finally:
        house.stop()
