"""Other origins: only those that are configured, and nothing of the answer for the rest."""

from __future__ import annotations

from tests.contract.conftest import Start

ASKED = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}
PORTAL, STRANGER = "https://portal.example", "https://elsewhere.example"


async def test_a_configured_origin_may_call(web: Start):
    client, _ = await web(CORS_ORIGINS=PORTAL)
    task = "/api/tasks/0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"
    allowed = await client.session.options(client.url + task, headers={"Origin": PORTAL, **ASKED})
    assert allowed.status == 200
    assert allowed.headers["Access-Control-Allow-Origin"] == PORTAL
    assert "PATCH" in allowed.headers["Access-Control-Allow-Methods"]
    answer = await client.get("/api/health", headers={"Origin": PORTAL})
    assert answer.headers["Access-Control-Allow-Origin"] == PORTAL
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


async def test_another_origin_is_given_nothing(web: Start):
    client, _ = await web(CORS_ORIGINS=PORTAL)
    refused = await client.session.options(client.url + "/api/tasks", headers={"Origin": STRANGER, **ASKED})
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert refused.status >= 400
    assert "Access-Control-Allow-Origin" not in (await client.get("/api/health", headers={"Origin": STRANGER})).headers


async def test_a_problem_can_be_read_by_a_configured_origin_too(web: Start):
    client, _ = await web(CORS_ORIGINS=PORTAL)
    answer = await client.get("/api/auth/me", headers={"Origin": PORTAL})
    assert (answer.status, answer.code) == (401, "token_missing")
    assert answer.headers["Access-Control-Allow-Origin"] == PORTAL
