"""Alive, ready, measured, documented: without anybody's token."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from models.errors import Unauthorised
from server.core.documents import openapi
from server.system import numbers
from tests.helpers.http import Answer, Client
from tests.helpers.processes import until

NEEDED = ("database", "redis", "storage", "queue")


async def test_health(anyone: Client):
    answer = await anyone.get("/api/health")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


async def ready(anyone: Client) -> Answer:
    """What it answers once all that it needs is up: no check waits for a busy machine longer than a second."""

    async def look() -> Answer | None:
        answer = await anyone.get("/api/ready")
        return answer if all(answer.json["checks"][n]["state"] != "down" for n in NEEDED) else None

    return await until(look)


async def test_ready_names_every_check(anyone: Client):
    answer = await ready(anyone)
    assert set(answer.json["checks"]) == {"database", "redis", "storage", "queue", "renderer"}
    states = {name: check["state"] for name, check in answer.json["checks"].items()}
    assert (answer.status, answer.json["status"]) == (200, "ready" if set(states.values()) == {"up"} else "degraded")


async def test_work_that_nobody_does_shows(anyone: Client, sql):
    insert = "INSERT INTO job (id, kind, run_at) VALUES (gen_random_uuid(), 'waits', now() - interval '1 hour')"
    await sql(insert)
    answer = await ready(anyone)
    assert (answer.status, answer.json["status"], answer.json["checks"]["queue"]["state"]) == (200, "degraded", "late")
    text = (await anyone.get("/metrics")).body.decode()
    waits = re.search(r'mediaflow_jobs_due_seconds{queue="fast"} (.+)', text)
    assert waits is not None
    assert float(waits[1]) >= 3600
    await sql("DELETE FROM job WHERE kind = 'waits'")


async def test_metrics_count_requests_by_pattern_and_what_the_database_knows(anyone: Client, make):
    await make.owner()
    text = (await anyone.get("/metrics")).body.decode()
    assert 'mediaflow_requests_total{method="POST",route="/api/auth/register",status="201"}' in text
    assert "mediaflow_database_up 1.0" in text
    assert "# TYPE mediaflow_request_seconds histogram" in text
    for name in ("mediaflow_sockets", "mediaflow_rooms", "mediaflow_deliveries_total", "mediaflow_log_lag_entries"):
        assert f"\n{name}" in text, name
    tasks = re.search(r"\nmediaflow_tasks (.+)", text)
    assert tasks is not None
    assert float(tasks[1]) > 1
    for name in ("mediaflow_jobs", "mediaflow_jobs_due_seconds", "mediaflow_follower_deliveries"):
        assert f"# TYPE {name} gauge" in text, name


@pytest.mark.parametrize("header", numbers.FORWARDED)
async def test_metrics_are_not_for_who_comes_through_a_proxy(anyone: Client, header: str):
    answer = await anyone.get("/metrics", headers={header: "for=203.0.113.9"})
    assert (answer.status, answer.code) == (401, "token_missing")


class Request:
    """As much of a request as the rule looks at: the test's own peer is always loopback."""

    def __init__(self, remote: str, **headers: str) -> None:
        self.remote, self.headers = remote, headers


@pytest.mark.parametrize(
    ("remote", "given", "token", "allowed"),
    [
        ("127.0.0.1", "", "", True),
        ("::1", "", "secret", True),
        ("203.0.113.9", "", "", False),
        ("203.0.113.9", "Bearer ", "", False),
        ("203.0.113.9", "Bearer secret", "secret", True),
        ("203.0.113.9", "Bearer other", "secret", False),
    ],
)
def test_who_may_read_the_metrics(remote: str, given: str, token: str, allowed: bool):
    request: Any = Request(remote, Authorization=given)
    if allowed:
        numbers.allow(request, token)
    else:
        with pytest.raises(Unauthorised):
            numbers.allow(request, token)


async def test_the_documents_are_served_and_kept_by_their_etag(anyone: Client):
    for path in ("/api/openapi.json", "/api/asyncapi.json"):
        first = await anyone.get(path)
        again = await anyone.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (first.status, again.status, again.body) == (200, 304, b"")
    assert (await anyone.get("/api/openapi.json")).json == json.loads(json.dumps(openapi()))


async def test_the_reference_loads_nothing_from_elsewhere_and_runs_nothing_inline(anyone: Client):
    for path in ("/api/docs", "/api/docs/events"):
        answer = await anyone.get(path)
        text = answer.body.decode()
        assert answer == 200
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert re.findall(r'(?:src|href)="(?!/|#)', text) == []
        assert "<script>" not in text
    assert "swagger-ui-bundle.js" in (await anyone.get("/api/docs")).body.decode()
    assert "presence.joined" in (await anyone.get("/api/docs/events")).body.decode()
