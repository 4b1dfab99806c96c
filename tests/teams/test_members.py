"""Roles, removal, leaving, handing over: what holds at once, and who may."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.factories import Make
from tests.factories.people import Person
from tests.realtime.listener import Listener


def role_of(team: Person, person: Person) -> str:
    return f"/api/teams/{team.team_id}/members/{person.id}/role"


def place_of(team: Person, person: Person) -> str:
    return f"/api/teams/{team.team_id}/members/{person.id}"


async def listening(url: str, person: Person) -> Listener:
    listener = await Listener().connect(url, person.token)
    await listener.heard("ready")
    return listener


async def test_the_members_are_listed_with_role_and_presence(make: Make, url: str):
    anna = await make.owner(name="Anna")
    ben = await make.member(anna, role="manager", name="Ben")
    socket = await listening(url, ben)
    items = (await anna.get(f"/api/teams/{anna.team_id}/members")).json["items"]
    assert [(m["user"]["name"], m["role"], m["online"]) for m in items] == [
        ("Anna", "owner", False),
        ("Ben", "manager", True),
    ]
    assert items[1] == {
        "id": ben.member_id,
        "version": 1,
        "created_at": items[1]["created_at"],
        "updated_at": items[1]["updated_at"],
        "user_id": ben.id,
        "user": {"id": ben.id, "name": "Ben", "email": ben.user["email"], "avatar_url": None},
        "role": "manager",
        "joined_at": items[1]["joined_at"],
        "online": True,
    }
    one = (await anna.get(f"/api/teams/{anna.team_id}/members?role=manager")).json["items"]
    assert [m["id"] for m in one] == [ben.member_id]
    await socket.close()


async def test_a_change_of_role_holds_at_once_on_the_same_token_and_socket(make: Make, url: str):
    anna = await make.owner()
    ben = await make.member(anna, role="manager", name="Ben")
    socket = await listening(url, ben)
    everything = f"projects:{anna.team_id}"
    assert (await socket.join(everything))["ok"]
    answer = await anna.patch(role_of(anna, ben), {"role": "member"})
    assert (answer.status, answer.json["role"], answer.json["version"]) == (200, "member", 2), answer
    assert await socket.heard("room.closed") == {"room": everything, "seq": 1, "code": "permission_denied"}
    refused = await ben.post("/api/projects", {"name": "x"})
    assert (refused.status, refused.json["permission"]) == (403, "projects:write")
    told = await socket.heard("member.role_changed")
    assert (told["changes"], told["data"]["role"], told["detail"]["name"]) == (
        {"role": ["manager", "member"]},
        "member",
        "Ben",
    )
    assert (await anna.patch(role_of(anna, ben), {"role": "manager"})) == 200
    assert await ben.post("/api/projects", {"name": "x"}) == 201
    assert socket.socket.connected
    await socket.close()


async def test_the_same_role_again_changes_nothing(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    answer = await anna.patch(role_of(anna, ben), {"role": "member"})
    assert (answer.status, answer.json["version"]) == (200, 1)
    assert await make.told(anna.team_id, "member.role_changed") == []
    assert await anna.patch(role_of(anna, ben), {"role": "admin"}, headers={"If-Match": '"7"'}) == 412
    assert (await anna.patch(role_of(anna, ben), {"role": "king"})).wrong == {"role": "not_allowed"}


async def test_who_is_removed_is_out_at_once(make: Make, url: str):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    project = await make.project(anna, ben)
    task = await make.task(anna, project, assignee_ids=[ben.id, anna.id])
    socket = await listening(url, ben)
    assert await anna.delete(place_of(anna, ben)) == 204
    assert await socket.heard("closed") == {"code": "token_revoked"}
    await socket.heard("disconnect")
    answer = await ben.get("/api/tasks")
    assert (answer.status, answer.code) == (401, "token_revoked")
    assert await ben.get(f"/api/teams/{anna.team_id}") == 401
    people = (await anna.get(f"/api/projects/{project['id']}/members")).json["items"]
    assert [p["user_id"] for p in people] == [anna.id]
    after = (await anna.get(f"/api/tasks/{task['id']}")).json
    assert (after["assignee_ids"], after["version"]) == ([anna.id], task["version"] + 1)
    happened = [e["type"] for e in await make.happened(anna, project)]
    assert happened[-2:] == ["task.updated", "project.member_removed"]
    [told] = await make.told(anna.team_id, "member.removed")
    assert told["detail"] == {"user_id": ben.id, "name": "Ben"}
    assert [m["user_id"] for m in (await anna.get(f"/api/teams/{anna.team_id}/members")).json["items"]] == [anna.id]
    assert await anna.delete(place_of(anna, ben)) == 404


async def test_who_leaves_keeps_their_other_teams(make: Make):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    project = await make.project(anna, ben)
    assert await ben.post(f"/api/teams/{anna.team_id}/leave") == 204
    assert (await ben.get("/api/auth/me")).code == "token_revoked"
    again = await make.anyone.post("/api/auth/refresh", {"refresh_token": ben.refresh_token})
    assert again == 200
    assert anna.team_id not in [
        t["id"] for t in (await Person.of(make.anyone, again.json).get("/api/teams")).json["items"]
    ]
    assert len((await anna.get(f"/api/projects/{project['id']}/members")).json["items"]) == 1
    assert [t["detail"]["name"] for t in await make.told(anna.team_id, "member.left")] == ["Ben"]


async def test_the_last_owner_stays(make: Make):
    anna = await make.owner()
    await make.member(anna, role="admin")
    for answer in (
        await anna.post(f"/api/teams/{anna.team_id}/leave"),
        await anna.delete(place_of(anna, anna)),
        await anna.patch(role_of(anna, anna), {"role": "admin"}),
    ):
        assert (answer.status, answer.code) == (409, "last_owner")


@pytest.mark.parametrize("how", ["leave", "demote each other", "remove each other", "demote themselves"])
async def test_of_two_owners_who_go_at_once_one_stays(make: Make, how: str):
    for _ in range(5):
        anna = await make.owner()
        ben = await make.member(anna, role="owner")
        pairs = [(anna, ben), (ben, anna)]
        match how:
            case "leave":
                asked = [one.post(f"/api/teams/{anna.team_id}/leave") for one, _ in pairs]
            case "demote each other":
                asked = [one.patch(role_of(anna, other), {"role": "member"}) for one, other in pairs]
            case "remove each other":
                asked = [one.delete(place_of(anna, other)) for one, other in pairs]
            case _:
                asked = [one.patch(role_of(anna, one), {"role": "member"}) for one, _ in pairs]
        answers = sorted(a.status for a in await asyncio.gather(*asked))
        assert answers[0] in (200, 204), answers
        assert answers[1] in (401, 403, 409), answers
        owners = await make.sql(
            "SELECT 1 FROM member WHERE team_id = $1::text::uuid AND role = 'owner' AND left_at IS NULL", anna.team_id
        )
        assert len(owners) == 1


async def test_an_admin_does_not_touch_owners_nor_makes_any(make: Make):
    anna = await make.owner()
    ben, cem = await make.member(anna, role="admin"), await make.member(anna)
    for answer in (
        await ben.patch(role_of(anna, anna), {"role": "member"}),
        await ben.delete(place_of(anna, anna)),
        await ben.patch(role_of(anna, cem), {"role": "owner"}),
        await ben.patch(role_of(anna, ben), {"role": "owner"}),
        await ben.post(f"/api/teams/{anna.team_id}/transfer", {"user_id": ben.id}),
    ):
        assert (answer.status, answer.json["permission"]) == (403, "team:transfer"), answer
    assert (await ben.patch(role_of(anna, cem), {"role": "admin"})).json["role"] == "admin"


@pytest.mark.parametrize("role", ["manager", "member"])
async def test_others_manage_nobody(make: Make, role: str):
    anna = await make.owner()
    ben = await make.member(anna, role=role)
    for answer in (await ben.patch(role_of(anna, ben), {"role": "admin"}), await ben.delete(place_of(anna, anna))):
        assert (answer.status, answer.json["permission"]) == (403, "members:manage")


async def test_the_ownership_is_handed_over(make: Make):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    path = f"/api/teams/{anna.team_id}/transfer"
    assert (await anna.post(path, {"user_id": anna.id})).wrong == {"user_id": "not_allowed"}
    assert (await anna.post(path, {"user_id": anna.team_id})).wrong == {"user_id": "not_found"}
    assert (await anna.post(path, {"user_id": ben.id})).json == anna.team
    items: list[Any] = (await ben.get(f"/api/teams/{anna.team_id}/members")).json["items"]
    assert {m["user_id"]: m["role"] for m in items} == {anna.id: "admin", ben.id: "owner"}
    refused = await anna.post(path, {"user_id": anna.id})
    assert (refused.status, refused.json["permission"]) == (403, "team:transfer")
    assert [t["detail"]["name"] for t in await make.told(anna.team_id, "team.transferred")] == ["Ben"]


async def test_a_deleted_team_closes_its_sockets(make: Make, url: str):
    anna = await make.owner(team_name="Doomed")
    ben = await make.member(anna)
    sockets = [await listening(url, anna), await listening(url, ben)]
    assert await anna.delete(f"/api/teams/{anna.team_id}", json={"confirm": "Doomed"}) == 204
    for socket in sockets:
        assert await socket.heard("closed") == {"code": "token_revoked"}
