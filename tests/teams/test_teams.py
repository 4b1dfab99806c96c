"""The team itself, through the front door."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from tests.factories import Make
from tests.factories.people import Person

SOMEBODY = "0199a3c1-6d52-7b10-8f4e-2f6d1c9be999"


async def another(person: Person, name: str = "Second firm", **fields: Any) -> dict[str, Any]:
    answer = await person.post("/api/teams", {"name": name} | fields)
    assert answer == 201, answer
    return answer.json


async def test_who_creates_a_team_owns_it(make: Make):
    anna = await make.owner(name="Anna")
    answer = await anna.post("/api/teams", {"name": "Søndag & Co", "currency": "DKK", "settings": {"a": 1}})
    assert answer == 201, answer
    team = answer.json
    assert (answer.headers["Location"], answer.headers["ETag"]) == (f"/api/teams/{team['id']}", '"1"')
    assert team == {
        "id": team["id"],
        "version": 1,
        "created_at": team["created_at"],
        "updated_at": team["created_at"],
        "name": "Søndag & Co",
        "slug": team["slug"],
        "currency": "DKK",
        "settings": {"a": 1},
    }
    assert team["slug"].startswith("sondag-co-")
    assert (await anna.get(f"/api/teams/{team['id']}")).json == team
    [member] = (await anna.get(f"/api/teams/{team['id']}/members")).json["items"]
    assert (member["user"]["name"], member["role"], member["online"]) == ("Anna", "owner", False)
    [told] = await make.told(team["id"], "team.created")
    assert told["data"] == team


async def test_my_teams_are_those_i_am_in(make: Make):
    anna, zoe = await make.owner(team_name="B"), await make.owner()
    ben = await make.member(anna)
    team = await another(anna, "A")
    assert [t["name"] for t in (await anna.get("/api/teams?sort=name")).json["items"]] == ["A", "B"]
    first = (await anna.get("/api/teams?limit=1&sort=name")).json
    assert [t["id"] for t in first["items"]] == [team["id"]]
    second = (await anna.get(f"/api/teams?limit=1&sort=name&cursor={first['next_cursor']}")).json
    assert ([t["id"] for t in second["items"]], second["next_cursor"]) == ([anna.team_id], None)
    assert team["id"] not in [t["id"] for t in (await ben.get("/api/teams")).json["items"]]
    assert [t["id"] for t in (await zoe.get("/api/teams")).json["items"]] == [zoe.team_id]


async def test_a_key_creates_one_team_only(make: Make):
    anna = await make.owner()
    headers = {"Idempotency-Key": uuid.uuid4().hex}
    answers = await asyncio.gather(*(anna.post("/api/teams", {"name": "Once"}, headers=headers) for _ in range(3)))
    assert [a.status for a in answers] == [201, 201, 201]
    assert len({a.json["id"] for a in answers}) == 1
    assert len((await anna.get("/api/teams")).json["items"]) == 2
    reused = await anna.post("/api/teams", {"name": "Twice"}, headers=headers)
    assert (reused.status, reused.code) == (409, "idempotency_key_reused")


async def test_another_team_of_mine_needs_no_switch(make: Make):
    anna = await make.owner()
    team = await another(anna)
    path = f"/api/teams/{team['id']}"
    assert (await anna.patch(path, {"name": "Third firm"})).json["name"] == "Third firm"
    assert (await anna.get("/api/auth/me")).json["team_id"] == anna.team_id
    switched = await anna.post(f"{path}/switch")
    assert switched.json["team"]["id"] == team["id"]


async def test_the_role_is_that_in_the_team_of_the_path(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    own = await another(ben)
    assert await ben.patch(f"/api/teams/{own['id']}", {"name": "Ben's"}) == 200
    refused = await ben.patch(f"/api/teams/{anna.team_id}", {"name": "Ben's"})
    assert (refused.status, refused.json["permission"]) == (403, "team:write")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("PUT", "", {"name": "Mine"}),
        ("DELETE", "", {"confirm": "Mine"}),
        ("GET", "/members", None),
        ("GET", "/invitations", None),
        ("POST", "/invite", {"email": "a@example.com"}),
        ("POST", "/leave", {}),
        ("POST", "/transfer", {"user_id": SOMEBODY}),
        ("POST", "/switch", {}),
        ("PATCH", f"/members/{SOMEBODY}/role", {"role": "admin"}),
        ("DELETE", f"/members/{SOMEBODY}", None),
        ("DELETE", f"/invitations/{SOMEBODY}", None),
        ("POST", f"/invitations/{SOMEBODY}/resend", {}),
    ],
)
async def test_a_team_that_is_not_mine_does_not_exist(make: Make, method: str, path: str, body: Any):
    anna, zoe = await make.owner(), await make.owner()
    for id in (anna.team_id, uuid.uuid4(), "nonsense"):
        assert await zoe.ask(method, f"/api/teams/{id}{path}", json=body) == 404


async def test_a_change_counts_is_told_and_can_be_expected(make: Make):
    anna = await make.owner(team_name="Old")
    path = f"/api/teams/{anna.team_id}"
    changed = await anna.patch(path, {"name": "New", "settings": {"b": 2}}, headers={"If-Match": '"1"'})
    assert changed.json == anna.team | {
        "name": "New",
        "settings": {"b": 2},
        "version": 2,
        "updated_at": changed.json["updated_at"],
    }
    assert (await anna.patch(path, {"name": "New"})).json == changed.json
    assert await anna.patch(path, {"name": "Newer"}, headers={"If-Match": '"1"'}) == 412
    put = await anna.put(path, {"name": "Put", "currency": "USD"})
    assert {n: put.json[n] for n in ("name", "currency", "settings")} == {
        "name": "Put",
        "currency": "USD",
        "settings": {},
    }
    told = await make.told(anna.team_id, "team.updated")
    assert [t["changes"]["name"] for t in told] == [["Old", "New"], ["New", "Put"]]
    assert (await anna.put(path, {"currency": "XQX"})).wrong == {"name": "required"}
    assert (await anna.patch(path, {"currency": "XQX"})).wrong == {"currency": "unknown_currency"}
    assert (await anna.patch(path, {"slug": "mine"})).wrong == {"slug": "unknown_field"}


async def test_a_team_is_deleted_by_an_owner_who_names_it(make: Make):
    anna = await make.owner(team_name="Doomed")
    ben = await make.member(anna, role="admin")
    path = f"/api/teams/{anna.team_id}"
    refused = await ben.delete(path, json={"confirm": "Doomed"})
    assert (refused.status, refused.json["permission"]) == (403, "team:delete")
    assert (await anna.delete(path, json={"confirm": "Domed"})).wrong == {"confirm": "not_confirmed"}
    assert (await anna.delete(path)).wrong == {"confirm": "required"}
    assert await anna.delete(path, json={"confirm": "Doomed"}) == 204
    for person in (anna, ben):
        answer = await person.get("/api/tasks")
        assert (answer.status, answer.code) == (401, "token_revoked")
    again = await make.anyone.post("/api/auth/refresh", {"refresh_token": ben.refresh_token})
    assert again.json["team"]["id"] != anna.team_id
