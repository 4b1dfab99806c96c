"""The README's tour runs, word for word, against a server that was started as the README says."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.helpers.ports import free_port
from tests.run.house import ROOT, start

TOUR = re.compile(r"<!-- tour -->\n```bash\n(.*?)```\n<!-- /tour -->", re.DOTALL)


def test_the_tour_does_what_it_says(tmp_path: Path):
    found = TOUR.search((ROOT / "README.md").read_text())
    assert found is not None
    tour = found[1].replace("/tmp/mediaflow-tour.py", str(tmp_path / "tour.py"))
    assert len(tour.splitlines()) <= 60
    port = free_port()
    house = start(tmp_path / "var", PORT=port, SEED="demo")
    try:
        house.wait_ready()
        env = os.environ | {"BASE": f"http://127.0.0.1:{port}"}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", tour], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr + house.output
        assert "2 task.created Write the brief todo" in done.stdout
        assert "3 task.updated Write the brief doing" in done.stdout
        assert "replayed ['task.created', 'task.updated']" in done.stdout
        assert "'field': 'titel', 'code': 'unknown_field'" in done.stdout
    finally:
        house.stop()
