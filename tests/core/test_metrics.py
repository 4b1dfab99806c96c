"""Metrics of several processes end in one folder, whichever module is imported first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.processes import ROOT


@pytest.mark.parametrize("main", ["server.__main__", "tasks.worker", "tasks.dispatch"])
def test_each_process_writes_into_the_shared_folder(tmp_path: Path, main: str) -> None:
    code = f"import {main}, server.core.metrics as m; m.REQUESTS.labels('GET', '/', '200').inc()"
    environment = os.environ | {"METRICS_DIR": str(tmp_path), "APP_ENV": "test"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=60)
    assert list(tmp_path.glob("counter_*.db"))
