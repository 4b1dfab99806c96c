"""GET one task, GET a page of 50, PATCH and POST a task with its event: CPU per request against a constant handler."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import psutil

from server.seed import DEMO_PASSWORD, OWNER_EMAIL
from tests.bench.load import Measured, request, run
from tests.bench.place import Place, wait_for

WARM_UP = 300
FLOOR = {"rest_get_one": 4.5, "rest_page": 14.0, "rest_patch": 6.0, "rest_post": 6.0}


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


async def measure(place: Place, count: int) -> dict[str, Measured]:
    """Each request `count` times in one web process, the constant handler before and after them."""
    with place.process("server") as (process, port), place.process("tests.bench.constant", "{port}") as (bare, bare_at):
        wait_for(f"http://127.0.0.1:{port}/api/health")
        wait_for(f"http://127.0.0.1:{bare_at}/nothing")
        token = sign_in(port)["access_token"]
        tasks = ask(port, "GET", "/api/tasks?limit=200", token=token)["items"]
        makers = _requests(token, tasks)
        constant = request("GET", "/", token)
        found: dict[str, Measured] = {}
        await _steady(bare_at, bare, lambda i: constant, WARM_UP)
        first = await run(bare_at, bare, lambda i: constant, count)
        for name, make in makers.items():
            await _steady(port, process, make, WARM_UP)
            found[name] = await run(port, process, lambda i, make=make: make(i + WARM_UP), count)
        again = await run(bare_at, bare, lambda i: constant, count)
        found["constant"] = first if first.cpu < again.cpu else again
        return found


async def _steady(port: int, process: psutil.Process, make: Any, count: int) -> None:
    await run(port, process, make, count)


def _requests(token: str, tasks: list[dict[str, Any]]) -> dict[str, Any]:
    ids = [t["id"] for t in tasks]
    project = tasks[0]["project_id"]

    def patch(i: int) -> bytes:
        body = {"title": f"Changed {i}"}
        return request("PATCH", f"/api/tasks/{ids[i % len(ids)]}", token, body)

    def post(i: int) -> bytes:
        body = {"title": f"New task {i}", "project_id": project}
        return request("POST", "/api/tasks", token, body, Idempotency_Key=f"bench-{i}")

    return {
        "rest_get_one": lambda i: request("GET", f"/api/tasks/{ids[i % len(ids)]}", token),
        "rest_page": lambda i: request("GET", "/api/tasks?limit=50", token),
        "rest_patch": patch,
        "rest_post": post,
    }


def table(found: dict[str, Measured]) -> str:
    """The figures as a table; `×` is the CPU as a multiple of the constant handler's."""
    base = found["constant"].cpu_us
    lines = [f"{'':14} {'req/s':>8} {'CPU µs':>8} {'×':>6} {'floor':>6} {'p50 ms':>8} {'p99 ms':>8}"]
    for name, m in found.items():
        floor = f"{FLOOR[name]:6.1f}" if name in FLOOR else "      "
        times = f"{m.percentile(0.5):8.2f} {m.percentile(0.99):8.2f}"
        lines.append(f"{name:14} {m.per_second:8.0f} {m.cpu_us:8.0f} {m.cpu_us / base:6.2f} {floor} {times}")
    return "\n".join(lines)
