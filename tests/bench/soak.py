"""Mixed load for a long time: does memory stay flat, is every task, socket and connection given back? `make soak`."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryDirectory

import asyncpg
import psutil
import uvloop
from prometheus_client.parser import text_string_to_metric_families

from tests.bench.curve import HEAD, Bound, Trend
from tests.bench.place import Place, seeded_place, wait_for
from tests.bench.sockets import many_files
from tests.bench.traffic import Traffic

EVERY = 10.0
WARM_UP = 60.0  # or a fifth of the time, if that is more: pools, caches and the heap fill up
LEAST_MINUTES = 2.0
PROGRAMS = {"web": "server", "worker": "tasks.worker", "dispatcher": "tasks.dispatch"}
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
MEMORY, COUNT = Bound(0.05, 4.0), Bound(0.10, 5.0)
SPARE = 2  # tasks that come and go by themselves
GONE_SECONDS = 30.0
TOTALS = ("deliveries", "lagged", "requests")  # since the start: these do rise

Sample = dict[str, float]


@dataclass(frozen=True)
class House:
    """The processes under load."""

    programs: dict[str, psutil.Process]
    port: int
    database: asyncpg.Connection

    async def sample(self) -> Sample:
        """What is held at this moment: by each process, by PostgreSQL, and what the processes count."""
        found: Sample = {}
        metrics = await asyncio.to_thread(self._metrics)
        for name, process in self.programs.items():
            found[f"{name} MiB"] = process.memory_info().rss / 2**20
            found[f"{name} files"] = process.num_fds()
            found[f"{name} tasks"] = metrics[f"mediaflow_tasks{process.pid}"]
        found["TCP at web"] = sum(c.laddr.port == self.port for c in self.programs["web"].net_connections("tcp")) - 1
        found["PostgreSQL"] = await self.database.fetchval(CONNECTIONS) or 0
        found["sockets"] = metrics["mediaflow_sockets"]
        found["rooms"] = metrics["mediaflow_rooms"]
        found["deliveries"] = metrics["mediaflow_deliveries_total"]
        found["lagged"] = metrics["mediaflow_sockets_lagged_total"]
        return found

    def _metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics") as answer:
            families = text_string_to_metric_families(answer.read().decode())
        return {s.name + s.labels.get("pid", ""): s.value for family in families for s in family.samples}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--minutes", type=float, default=30)
    options = parser.parse_args()
    if options.minutes < LEAST_MINUTES:
        parser.error(f"below {LEAST_MINUTES:.0f} minutes there is nothing to see after the warm-up")
    uvloop.install()
    many_files()
    raise SystemExit(uvloop.run(_run(options.minutes * 60)))


async def _run(seconds: float) -> int:
    with seeded_place() as place, ExitStack() as stack:
        place.env["METRICS_DIR"] = stack.enter_context(TemporaryDirectory(prefix="mediaflow-soak-"))
        house = await _start(place, stack)
        before = await house.sample()
        traffic = Traffic(house.port)
        await traffic.start()
        samples = await _watch(house, traffic, seconds)
        await traffic.stop()
        wrong = _trends(samples, max(WARM_UP, seconds / 5)) + await left_over(house, before)
        await house.database.close()
    sys.stdout.write("\n".join(wrong or ["Flat, and everything was given back."]) + "\n")
    return 1 if wrong else 0


async def _start(place: Place, stack: ExitStack) -> House:
    programs, port = {}, 0
    for name, module in PROGRAMS.items():
        programs[name], at = stack.enter_context(place.process(module, alone=name == "web"))
        port = port or at
    wait_for(f"http://127.0.0.1:{port}/api/health")
    await asyncio.sleep(EVERY)  # the background processes begin, and have said what they hold
    return House(programs, port, await asyncpg.connect(place.env["DATABASE_URL"]))


async def _watch(house: House, traffic: Traffic, seconds: float) -> list[Sample]:
    samples: list[Sample] = []
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        await asyncio.sleep(EVERY * (len(samples) + 1) - passed)
        traffic.failed()
        sample = await house.sample() | {"requests": traffic.written}
        _print({"seconds": time.monotonic() - began} | sample, heading=not samples)
        samples.append(sample)
    return samples


def _print(row: Sample, *, heading: bool) -> None:
    if heading:
        sys.stdout.write(" ".join(f"{name:>7}" for name in row) + "\n")
    sys.stdout.write(" ".join(f"{value:{max(7, len(name))}.0f}" for name, value in row.items()) + "\n")
    sys.stdout.flush()


def _trends(samples: list[Sample], warm_up: float) -> list[str]:
    """Print every number's curve after the warm-up; gives those that rise."""
    measured = samples[int(warm_up / EVERY) :]
    names = [name for name in samples[0] if name not in TOTALS]
    trends = [
        Trend(name, [sample[name] for sample in measured], MEMORY if name.endswith("MiB") else COUNT) for name in names
    ]
    sys.stdout.write("\n".join(["", f"after {warm_up:.0f} s".ljust(18) + HEAD[18:], *(t.line() for t in trends), "\n"]))
    return [f"{trend.name} rises by {trend.rise:.1f}" for trend in trends if not trend.holds]


async def left_over(house: House, before: Sample) -> list[str]:
    """What is still held some time after the last client has gone."""
    allowed = {"web tasks": before["web tasks"] + SPARE, "TCP at web": 0, "sockets": 0, "rooms": 0}
    end = time.monotonic() + GONE_SECONDS
    while True:
        now = await house.sample()
        left = [f"{now[name]:.0f} {name} when all are gone" for name, most in allowed.items() if now[name] > most]
        if not left or time.monotonic() > end:
            return left
        await asyncio.sleep(1)


if __name__ == "__main__":
    main()
