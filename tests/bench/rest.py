"""GET one task, GET a page of 50, PATCH and POST a task with its event: CPU per request against a constant handler.

The constant handler is asked in two ways: as fast as it answers, and as often per second as the request it is held
against could be. For a process that sleeps between two requests pays for waking up, whatever it does then.
"""

from __future__ import annotations

import json
import urllib.request
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from server.seed import DEMO_PASSWORD, OWNER_EMAIL
from tests.bench.load import Measured, request, run
from tests.bench.place import Place, wait_for

ROUNDS = 5
CONSTANT = "constant"
FLOOR = {"rest_get_one": 4.5, "rest_page": 14.0, "rest_patch": 6.0, "rest_post": 6.0}
PACED_SECONDS = 0.5


@dataclass
class Found:
    """One kind of request, and the CPU µs of the constant handler: asked flat out, and as often as this one was."""

    measured: Measured
    constant_us: float
    paced_us: float

    @property
    def multiple(self) -> float:
        return self.measured.cpu_us / self.constant_us

    @property
    def paced_multiple(self) -> float:
        return self.measured.cpu_us / self.paced_us


def sign_in(port: int) -> dict[str, Any]:
    """The demo owner's sign-in."""
    return ask(port, "POST", "/api/auth/login", {"email": OWNER_EMAIL, "password": DEMO_PASSWORD})


def ask(port: int, method: str, path: str, body: object = None, token: str = "") -> Any:
    sent = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", None if body is None else json.dumps(body).encode(), method=method
    )
    sent.add_header("Content-Type", "application/json")
    if token:
        sent.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(sent) as answer:
        return json.load(answer)


async def measure(place: Place, count: int) -> dict[str, Found]:
    """Each request `count` times in one web process, in turns with the constant handler in another."""
    with place.process("server") as (process, port), place.process("tests.bench.constant", "{port}") as (bare, bare_at):
        wait_for(f"http://127.0.0.1:{port}/api/health")
        wait_for(f"http://127.0.0.1:{bare_at}/nothing")
        token = sign_in(port)["access_token"]
        tasks = _of_all_projects(port, token)
        requests = {CONSTANT: lambda i: constant, **_requests(token, tasks)}
        constant = request("GET", "/", token)
        runs: dict[str, list[Measured]] = {name: [] for name in requests}
        paced: dict[str, list[float]] = {name: [] for name in requests}
        number = 0
        for turn in range(ROUNDS + 1):  # by turns, since a shared machine is not as quick at all times
            for name, make in requests.items():
                at, of = (bare_at, bare) if name == CONSTANT else (port, process)
                many = count * (5 if name == CONSTANT else 1)
                run_ = await run(at, of, lambda i, make=make, first=number: make(first + i), many // ROUNDS)
                number += many
                pace = run_.per_second
                same = await run(bare_at, bare, lambda i: constant, int(pace * PACED_SECONDS) + 1, per_second=pace)
                if turn:  # the first is to get warm
                    runs[name].append(run_)
                    paced[name].append(same.cpu_us)
        constant_us = _middle(runs[CONSTANT]).cpu_us
        return {name: Found(_middle(of), constant_us, median(paced[name])) for name, of in runs.items()}


def _of_all_projects(port: int, token: str) -> list[dict[str, Any]]:
    """Ten tasks of each project, one after the other's: as people work, and not all in one room."""
    projects = ask(port, "GET", "/api/projects?limit=200", token=token)["items"]
    lists = [ask(port, "GET", f"/api/tasks?limit=10&project_id={p['id']}", token=token)["items"] for p in projects]
    return [task for some in zip(*(tasks for tasks in lists if len(tasks) == 10), strict=True) for task in some]


def _middle(runs: list[Measured]) -> Measured:
    """The run whose CPU per request is the median, with the latencies of all."""
    middle = sorted(runs, key=lambda m: m.cpu_us)[len(runs) // 2]
    return replace(middle, latencies=[seconds for m in runs for seconds in m.latencies])


def _requests(token: str, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    ids = [t["id"] for t in tasks]
    projects = [t["project_id"] for t in tasks]

    def patch(i: int) -> bytes:
        body = {"title": f"Changed {i}"}
        return request("PATCH", f"/api/tasks/{ids[i % len(ids)]}", token, body)

    def post(i: int) -> bytes:
        body = {"title": f"New task {i}", "project_id": projects[i % len(projects)]}
        return request("POST", "/api/tasks", token, body, Idempotency_Key=f"bench-{i}")

    return {
        "rest_get_one": lambda i: request("GET", f"/api/tasks/{ids[i % len(ids)]}", token),
        "rest_page": lambda i: request("GET", "/api/tasks?limit=50", token),
        "rest_patch": patch,
        "rest_post": post,
    }


def table(found: dict[str, Found]) -> str:
    """The figures; `×` is the CPU as a multiple of the constant handler's, flat out and at the same pace."""
    columns = ["req/s", "CPU µs", "×", "floor", "paced µs", "× paced", "p50 ms", "p99 ms"]
    lines = [" ".join([f"{'':14}", *(f"{column:>8}" for column in columns)])]
    for name, one in found.items():
        m, floor = one.measured, f"{FLOOR[name]:8.1f}" if name in FLOOR else " " * 8
        cost = f"{m.per_second:8.0f} {m.cpu_us:8.0f} {one.multiple:8.2f} {floor} {one.paced_us:8.0f}"
        times = f"{m.percentile(0.5):8.2f} {m.percentile(0.99):8.2f}"
        lines.append(f"{name:14} {cost} {one.paced_multiple:8.2f} {times}")
    return "\n".join(lines)
