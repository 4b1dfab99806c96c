"""Metrics of several processes end in one folder, whichever module is imported first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from server.core import metrics
from tests.helpers.processes import ROOT


@pytest.mark.parametrize("main", ["server.__main__", "tasks.worker", "tasks.dispatch"])
def test_each_process_writes_into_the_shared_folder(tmp_path: Path, main: str) -> None:
    code = f"import {main}, server.core.metrics as m; m.REQUESTS.labels('GET', '/', '200').inc()"
    environment = os.environ | {"METRICS_DIR": str(tmp_path), "APP_ENV": "test"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, timeout=60)
    assert list(tmp_path.glob("counter_*.db"))


def test_many_seconds_at_once_are_counted_as_one_by_one():
    one, many = (metrics.Latency("seconds", "", buckets=(0.1, 1.0), registry=None) for _ in range(2))
    seconds = [0.05, 0.1, 0.100001, 0.5, 1.0, 7.0]
    for each in seconds:
        one.observe(each)
    many.observe_all(seconds)
    counted = [[s for s in m.collect() for s in s.samples if not s.name.endswith("_created")] for m in (one, many)]
    assert [(s.name, s.labels, s.value) for s in counted[0]] == [(s.name, s.labels, s.value) for s in counted[1]]


def test_a_request_is_counted_when_the_metrics_are_settled():
    labels = {"method": "GET", "route": "/settled", "status": "200"}
    for seconds in (0.001, 0.2):
        metrics.request("GET", "/settled", 200, seconds)
    metrics.settle()
    metrics.settle()
    assert REGISTRY.get_sample_value("mediaflow_requests_total", labels) == 2
    del labels["status"]
    assert REGISTRY.get_sample_value("mediaflow_request_seconds_sum", labels) == pytest.approx(0.201)
    assert REGISTRY.get_sample_value("mediaflow_request_seconds_bucket", labels | {"le": "0.002"}) == 1
