"""The README's tour, run word for word."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.run.house import ROOT, House

TOUR = re.compile(r"<!-- tour -->\n```bash\n(.*?)```\n<!-- /tour -->", re.DOTALL)


def script() -> str:
    found = TOUR.search((ROOT / "README.md").read_text())
    assert found is not None
    return found[1]


def take(house: House, port: int, folder: Path) -> None:
    """Run it against this house; it does what it says."""
    tour = script().replace("/tmp/mediaflow-tour.py", str(folder / "tour.py"))
    env = os.environ | {"BASE": f"http://127.0.0.1:{port}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tour], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr + house.output
    assert "2 task.created Write the brief todo" in done.stdout
    assert "3 task.updated Write the brief doing" in done.stdout
    assert "replayed ['task.created', 'task.updated']" in done.stdout
    assert "'field': 'titel', 'code': 'unknown_field'" in done.stdout
