"""Every endpoint does its work for who may ask; a POST with a key does it once."""

from __future__ import annotations

import asyncio
import hashlib
import json
import uuid
from typing import Any

import pytest

from server.core.documents.parameters import versioned
from server.core.permissions import Public
from server.core.routing import Route
from tests.contract.bodies import sent
from tests.contract.conftest import Spare
from tests.contract.registries import API, is_read, name_of
from tests.contract.world import World
from tests.helpers.http import Answer, Client

PRIVATE = [r for r in API if r.can is not Public]
READS = [r for r in PRIVATE if is_read(r)]
WRITES = [r for r in PRIVATE if r.method in ("PUT", "PATCH", "DELETE")]
POSTS = [r for r in PRIVATE if r.method == "POST"]
# Outside /api/auth, and outside answers that show a secret once.
KEYED = [r for r in POSTS if not r.secret and not r.path.startswith("/api/auth/")]
# What a fresh team cannot be asked, and what it answers instead; the domains' own tests do the rest.
REFUSED: dict[str, int] = {
    "DELETE /api/companies/{id}": 409,  # people work there
    "DELETE /api/contacts/{id}": 409,  # projects are for them
    "POST /api/imports/{id}/start": 409,  # it was started
    "DELETE /api/proposals/{id}": 409,  # it was sent before
    "POST /api/proposals/{id}/convert": 409,  # nobody has accepted it
    "POST /api/proposals/{id}/extend": 409,  # it is a draft
    "POST /api/proposals/{id}/recipients/{recipient_id}/link": 409,  # likewise
    "POST /api/proposals/{id}/revise": 409,  # likewise
    "POST /api/jobs/{id}/retry": 409,  # it is not dead
    "POST /api/settings/2fa/disable": 401,  # the code is wrong
    "POST /api/teams/{id}/leave": 409,  # the last owner stays
    "POST /api/settings/2fa/verify": 409,  # it was not started
}


def expected(route: Route) -> int:
    status = 204 if route.gives is None and route.status == 200 else route.status
    return REFUSED.get(name_of(route), status)


async def call(route: Route, world: World, **headers: str) -> Answer:
    return await world.owner.ask(route.method, world.path(route), **sent(route, world), headers=headers)


# What they are computed from moved since their version was made; tests/contract/test_revalidation.py has more.
UNSETTLED = {"GET /api/auth/me", "GET /api/consultants/{id}", "GET /api/proposals/{id}", "GET /api/projects/{id}"}


@pytest.mark.parametrize("route", READS, ids=name_of)
async def test_a_read_answers_and_is_not_sent_twice(route: Route, ours: World):
    answer = await call(route, ours)
    assert answer == 200, answer
    if "ETag" in answer.headers and name_of(route) not in UNSETTLED:
        again = await call(route, ours, **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status, again.body) == (304, b"")


# After these the team is not what it was.
TAKES_APART = {
    "PATCH /api/tasks/{id}/move",
    "POST /api/auth/logout",
    "POST /api/companies/{id}/merge",
    "POST /api/contacts/{id}/merge",
    "POST /api/leads/bulk/delete",
    "POST /api/leads/{id}/convert",
    "POST /api/proposals/{id}/send",
    "POST /api/proposals/{id}/versions/{number}/restore",
    "POST /api/proposals/{id}/withdraw",
    "POST /api/settings/2fa/disable",
    "POST /api/settings/2fa/enable",
    "POST /api/settings/2fa/verify",
    "POST /api/teams/{id}/leave",
    "POST /api/teams/{id}/switch",
    "POST /api/teams/{id}/transfer",
    "PUT /api/settings/password",
}


# Who has done it may no longer ask for it.
ONCE = {"POST /api/teams/{id}/transfer"}


@pytest.mark.parametrize("route", WRITES + POSTS, ids=name_of)
async def test_a_write_is_done_once_for_who_may(route: Route, worn: World, spare: Spare):
    world = await spare() if route.method == "DELETE" or name_of(route) in TAKES_APART else worn
    key = {"Idempotency-Key": uuid.uuid4().hex} if route in KEYED else {}
    first = await call(route, world, **key)
    assert first == expected(route), first
    if first.status < 400 and key and name_of(route) not in ONCE:  # only what was committed is kept
        again = await call(route, world, **key)
        assert (again.status, again.body) == (first.status, first.body)
        assert again.headers.get("Location") == first.headers.get("Location")
        assert again.headers.get("Idempotency-Replayed") == "true"


CHANGES = [r for r in WRITES if r.method in ("PUT", "PATCH") and versioned(r) and "move" not in r.path]


@pytest.mark.parametrize("route", CHANGES, ids=name_of)
async def test_a_write_that_changes_nothing_says_so_to_nobody(route: Route, worn: World, sql):
    facts = "SELECT count(*) FROM event WHERE team_id = $1::text::uuid"
    first = await call(route, worn)
    before = (await sql(facts, worn.team_id))[0]["count"]
    again = await call(route, worn)
    assert (again.status, again.json) == (first.status, first.json)
    assert again.headers["ETag"] == f'"{first.json["version"]}"'
    assert (await sql(facts, worn.team_id))[0]["count"] == before


# The path's `id` is what `If-Match` is about; what follows it is another record. A session has no version.
VERSIONED = [r for r in WRITES if list(r.path_params) == ["id"] and not r.path.startswith("/api/auth/")]


@pytest.mark.parametrize("route", VERSIONED, ids=name_of)
async def test_an_old_version_is_refused_and_changes_nothing(route: Route, ours: World):
    answer = await call(route, ours, **{"If-Match": '"999"'})
    assert answer == 412, answer


async def test_another_body_under_the_key_is_refused(ours: World):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    assert (await ours.owner.post("/api/tasks", {"title": "One"}, headers=key)) == 201
    other = await ours.owner.post("/api/tasks", {"title": "Two"}, headers=key)
    assert (other.status, other.code) == (409, "idempotency_key_reused")


async def test_a_key_is_its_callers_own_and_its_paths_own(ours: World, theirs: World):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = await ours.owner.post("/api/tasks", {"title": "One"}, headers=key)
    for client, path in ((ours.mate, "/api/tasks"), (theirs.owner, "/api/tasks")):
        other = await client.post(path, {"title": "One"}, headers=key)
        assert other == 201
        assert other.json["id"] != first.json["id"]


async def test_twenty_at_once_do_it_once(ours: World, sql):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    title = f"Once {uuid.uuid4()}"
    answers = await asyncio.gather(*(ours.owner.post("/api/tasks", {"title": title}, headers=key) for _ in range(20)))
    assert {(a.status, a.body) for a in answers} == {(201, answers[0].body)}
    assert len(await sql("SELECT 1 FROM task WHERE title = $1", title)) == 1
    assert len(await sql("SELECT 1 FROM event WHERE subject_id = $1::text::uuid", answers[0].json["id"])) == 1


async def test_a_kept_answer_is_given_although_it_could_not_be_done_again(ours: World, sql):
    """Also where the request would be refused before the database is asked anything."""
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = await ours.owner.post("/api/tasks", {"title": "One"}, headers=key)
    wrong = {"title": "One", "start_at": "2026-02-01T00:00:00Z", "due_at": "2026-01-01T00:00:00Z"}
    digest = hashlib.sha256(json.dumps(wrong).encode()).digest()
    await sql("UPDATE idempotency_key SET body_hash = $2 WHERE key = $1", key["Idempotency-Key"], digest)
    again = await ours.owner.post("/api/tasks", wrong, headers=key)
    assert (again.status, again.body) == (201, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_key_is_free_again_after_a_day(ours: World, sql):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = await ours.owner.post("/api/tasks", {"title": "One"}, headers=key)
    await sql(
        "UPDATE idempotency_key SET created_at = created_at - interval '25 hours' WHERE key = $1",
        key["Idempotency-Key"],
    )
    again = await ours.owner.post("/api/tasks", {"title": "Another day"}, headers=key)
    assert again == 201
    assert again.json["id"] != first.json["id"]


async def test_what_was_refused_is_not_kept(ours: World):
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body: Any = {"title": "Two", "project_id": str(uuid.uuid4())}
    first = await ours.owner.post("/api/tasks", body, headers=key)
    assert first.status in (404, 422)
    assert (await ours.owner.post("/api/tasks", {"title": "Two"}, headers=key)) == 201


@pytest.mark.parametrize("key", ["", "x" * 256])
async def test_a_key_out_of_bounds_is_refused(key: str, ours: World):
    answer = await ours.owner.post("/api/tasks", {"title": "One"}, headers={"Idempotency-Key": key})
    assert (answer.status, answer.wrong) == (422, {"Idempotency-Key": "wrong_value"})


async def test_nobody_is_asked_for_a_key(anyone: Client):
    answer = await anyone.post(
        "/api/auth/login", {"email": "a@b.example", "password": "x"}, headers={"Idempotency-Key": ""}
    )
    assert answer == 401
