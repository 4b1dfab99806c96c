"""Who is in no team: no endpoint is confused by them, and none shows them what a team owns."""

from __future__ import annotations

import pytest

from server.core.permissions import Can, Public
from server.core.routing import Route
from tests.contract.bodies import sent
from tests.contract.registries import API, name_of
from tests.contract.world import World
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Client

# What is about the account and not about a team; the others that need no permission are 404 like any foreign record.
THEIRS = {
    "GET /api/auth/me", "GET /api/auth/sessions", "GET /api/notifications", "GET /api/notifications/unread-count",
    "GET /api/settings/profile", "GET /api/teams",
}  # fmt: skip
# These end the session, or are their own tests' (tests/auth).
OTHERS = {"POST /api/auth/logout", "PUT /api/settings/password"}
ROUTES = [r for r in API if r.can is not Public and name_of(r) not in OTHERS]
NIL = "/api/teams/00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
async def alone(making: Make, anyone: Client) -> Person:
    person = await making.owner()
    gone = await person.ask("DELETE", f"/api/teams/{person.team_id}", json={"confirm": person.team["name"]})
    assert gone == 204, gone
    answer = await anyone.post("/api/auth/login", {"email": person.user["email"], "password": PASSWORD})
    return Person.of(anyone, answer.json)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
async def test_every_endpoint_knows_who_is_in_no_team(route: Route, ours: World, alone: Person):
    answer = await alone.ask(route.method, ours.path(route), **sent(route, ours))
    assert answer.status < 500, answer
    if isinstance(route.can, Can):
        assert answer.status in (403, 404), answer
    elif route.method == "GET":
        assert answer.status == (200 if name_of(route) in THEIRS else 404), answer


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("POST", "/leave"), ("POST", "/switch"), ("GET", "/members")]
)
async def test_the_team_of_nobody_is_no_team(method: str, path: str, alone: Person):
    assert await alone.ask(method, NIL + path, json={}) == 404
