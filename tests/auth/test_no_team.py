"""Who is in no team, having left or deleted their only one: signed in, and free to found or join another."""

from __future__ import annotations

import uuid

import pytest
import socketio
import socketio.exceptions

from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.letters import mailed_token


async def alone(make: Make) -> Person:
    """Somebody who deleted their only team, signed in anew."""
    person = await make.owner()
    gone = await person.ask("DELETE", f"/api/teams/{person.team_id}", json={"confirm": person.team["name"]})
    assert gone == 204, gone
    answer = await person.post("/api/auth/login", {"email": person.user["email"], "password": PASSWORD})
    assert answer == 200, answer
    return Person.of(make.anyone, answer.json)


async def test_they_sign_in_and_are_told_that_they_are_in_none(make: Make):
    person = await alone(make)
    assert not person.team
    me = (await person.get("/api/auth/me")).json
    assert (me["id"], me["role"], me["team_id"], me["permissions"]) == (person.id, None, None, [])
    assert (await person.get("/api/teams")).json["items"] == []
    assert (await person.get("/api/settings/profile")).json["name"] == person.user["name"]
    renewed = await person.post("/api/auth/refresh", {"refresh_token": person.refresh_token})
    assert (renewed.status, renewed.json["team"]) == (200, None)
    assert await person.post("/api/auth/logout") == 204
    assert (await person.get("/api/auth/me")).code == "token_revoked"


async def test_they_found_a_team_and_work_in_it(make: Make):
    person = await alone(make)
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = [await person.post("/api/teams", {"name": "Second try"}, headers=key) for _ in range(2)]
    assert (first.status, again.json) == (201, first.json)
    assert [t["id"] for t in (await person.get("/api/teams")).json["items"]] == [first.json["id"]]
    assert (await person.post("/api/projects", {"name": "Early"})).code == "permission_denied"
    switched = await person.post(f"/api/teams/{first.json['id']}/switch")
    assert switched == 200, switched
    owner = Person.of(make.anyone, switched.json)
    assert (await owner.get("/api/auth/me")).json["role"] == "owner"
    assert await owner.post("/api/projects", {"name": "Now"}) == 201


async def test_they_join_a_team_as_who_they_are(make: Make):
    person, anna = await alone(make), await make.owner()
    invited = await anna.post(f"/api/teams/{anna.team_id}/invite", {"email": person.user["email"], "role": "manager"})
    assert invited == 201, invited
    token = await mailed_token(make.sql, person.user["email"], "teams/invitation")
    joined = await person.post("/api/auth/accept-invite", {"token": token})
    assert (joined.status, joined.json["team"]["id"]) == (200, anna.team_id)
    assert (await Person.of(make.anyone, joined.json).get("/api/auth/me")).json["role"] == "manager"


async def test_who_is_removed_from_their_last_team_stays_signed_in(make: Make):
    anna, email = await make.owner(), f"ben-{uuid.uuid4().hex[:8]}@example.com"
    assert await anna.post(f"/api/teams/{anna.team_id}/invite", {"email": email}) == 201
    body = {"token": await mailed_token(make.sql, email, "teams/invitation"), "name": "Ben", "password": PASSWORD}
    ben = Person.of(make.anyone, (await make.anyone.post("/api/auth/accept-invite", body)).json)
    assert await anna.delete(f"/api/teams/{anna.team_id}/members/{ben.id}") == 204
    assert (await ben.get("/api/auth/me")).code == "token_revoked"
    renewed = await ben.post("/api/auth/refresh", {"refresh_token": ben.refresh_token})
    assert (renewed.status, renewed.json["team"]) == (200, None)


async def test_there_is_nothing_for_them_to_hear(make: Make, url: str):
    person, client = await alone(make), socketio.AsyncClient(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await client.connect(url, auth={"token": person.token}, transports=["websocket"], wait_timeout=30)
