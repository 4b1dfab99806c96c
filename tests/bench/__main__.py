"""Run the benchmarks and print their tables: `make bench`, `make bench ARGS="--count 500"`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import uvloop

from tests.bench import live, rest
from tests.bench.load import Measured
from tests.bench.place import seeded_place


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--count", type=int, default=2000, help="requests of each kind")
    parser.add_argument("--changes", type=int, default=100, help="changes that the sockets hear")
    options = parser.parse_args()
    uvloop.install()
    report = uvloop.run(_run(options.count, options.changes))
    Path("bench.json").write_text(json.dumps(report, indent=2) + "\n")


async def _run(count: int, changes: int) -> dict[str, object]:
    with seeded_place() as place:
        found = await rest.measure(place, count)
        sys.stdout.write(rest.table(found) + "\n\n")
        heard = await live.measure(place, changes)
        sys.stdout.write(_live_table(heard) + "\n")
        return _report(found, heard)


def _percentile(values: list[float], p: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * p))]


def _live_table(heard: dict[str, list[float]]) -> str:
    lines = [f"fact to client, {live.SOCKETS} sockets {'p50 ms':>8} {'p95 ms':>8} {'p99 ms':>8}"]
    for name, values in heard.items():
        figures = " ".join(f"{_percentile(values, p):8.2f}" for p in (0.5, 0.95, 0.99))
        lines.append(f"{name:28} {figures}")
    return "\n".join(lines)


def _report(found: dict[str, Measured], heard: dict[str, list[float]]) -> dict[str, object]:
    base = found["constant"].cpu_us
    report: dict[str, object] = {
        f"{name}_cpu_us": {"value": m.cpu_us, "unit": "µs", "stock": base, "ratio": m.cpu_us / base}
        for name, m in found.items()
    }
    for name, values in heard.items():
        for p in (50, 95, 99):
            value = _percentile(values, p / 100)
            key = f"commit_to_client_p{p}_ms_{name}"
            report[key] = {"value": value, "unit": "ms", "stock": None, "ratio": None}
    return report


if __name__ == "__main__":
    main()
