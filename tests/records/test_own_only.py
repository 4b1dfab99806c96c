"""A team that keeps its members to their own records: in REST, the feed, the pipeline, sockets and counts."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.factories import Make
from tests.factories.people import Person
from tests.realtime.conftest import Connect, connect

__all__ = ["connect"]  # the fixture
OWN = {"settings": {"access": {"contacts": "own", "leads": "own"}}}


async def kept(make: Make) -> tuple[Person, Person, Person]:
    """An owner, and two members who see only their own contacts and leads."""
    anna = await make.owner()
    ben, cleo = await make.member(anna), await make.member(anna)
    assert await anna.patch(f"/api/teams/{anna.team_id}", OWN) == 200
    return anna, ben, cleo


async def seen(person: Person, path: str) -> list[str]:
    answer = await person.get(f"{path}{'&' if '?' in path else '?'}total=true")
    assert answer == 200, answer
    assert answer.json["total"] == len(answer.json["items"])
    return [item["id"] for item in answer.json["items"]]


async def test_a_member_sees_what_they_made_and_what_is_theirs(make: Make):
    anna, ben, cleo = await kept(make)
    annas, bens = await make.contact(anna, name="Kari One"), await make.contact(ben, name="Kari Two")
    given = await make.contact(anna, name="Kari Three", owner_id=ben.id)
    assert await seen(ben, "/api/contacts?sort=created_at") == [bens["id"], given["id"]]
    assert await seen(ben, "/api/contacts?q=kari&sort=created_at") == [bens["id"], given["id"]]
    assert await seen(cleo, "/api/contacts") == []
    assert len(await seen(anna, "/api/contacts")) == 3
    for method, body in (("GET", None), ("PATCH", {"name": "Mine"}), ("PUT", {"name": "Mine"})):
        assert await ben.ask(method, f"/api/contacts/{annas['id']}", json=body) == 404
    for path in ("notes", "activities"):
        assert await ben.get(f"/api/contacts/{annas['id']}/{path}") == 404
        assert await ben.get(f"/api/contacts/{given['id']}/{path}") == 200
    company = await make.company(anna)
    assert await ben.get(f"/api/companies/{company['id']}") == 200
    assert await seen(cleo, f"/api/companies/{company['id']}/contacts") == []
    assert (await cleo.post("/api/projects", {"name": "x"})).status == 403


async def test_what_hangs_on_anothers_record_is_out_of_sight(make: Make):
    anna, ben, cleo = await kept(make)
    lead = await make.lead(ben)
    about = {"kind": "lead", "id": lead["id"]}
    call = {"kind": "call", "title": "Call", "subject": about}
    activity = (await ben.post("/api/activities", call)).json
    note = (await ben.post(f"/api/leads/{lead['id']}/notes", {"body": "Hm"})).json
    assert (await cleo.post("/api/activities", call)).wrong == {"subject.id": "not_found"}
    assert await cleo.get(f"/api/activities/{activity['id']}") == 404
    assert await seen(cleo, "/api/activities") == []
    assert await seen(ben, "/api/activities") == [activity["id"]] == await seen(anna, "/api/activities")
    assert await cleo.put(f"/api/notes/{note['id']}", {"body": "Mine"}) == 404


async def test_a_client_that_is_not_theirs_is_not_expanded(make: Make):
    anna, ben, _ = await kept(make)
    contact = await make.contact(anna)
    project = await make.project(anna, ben, client_id=contact["id"])
    path = f"/api/projects/{project['id']}?include=client"
    assert (await anna.get(path)).json["client"]["id"] == contact["id"]
    assert (await ben.get(path)).json["client"] is None


async def test_the_pipeline_counts_what_one_sees(make: Make):
    anna, ben, _ = await kept(make)
    await make.lead(anna, value="100")
    await make.lead(ben, value="7")
    [first, *_] = (await ben.get("/api/leads/pipeline")).json["stages"]
    assert (first["count"], first["value"], len(first["leads"])) == (1, "7.00", 1)
    board = (await ben.get("/api/leads/pipeline")).json
    assert (board["count"], board["room"]) == (1, f"member:{ben.member_id}")
    assert (await anna.get("/api/leads/pipeline")).json["stages"][0]["value"] == "107.00"


async def test_their_own_records_are_heard_in_their_own_room_until_they_are_anothers(make: Make, connect: Connect):
    anna, ben, cleo = await kept(make)
    await make.lead(anna)
    lead = await make.lead(anna, assigned_to_id=ben.id)
    path = f"/api/leads/{lead['id']}"
    listener = await connect(ben)
    assert await listener.join(f"leads:{anna.team_id}") == {"ok": False, "code": "not_found"}
    changed = (await anna.patch(path, {"score": 7})).json
    assert (await listener.heard("lead.updated"))["data"] == changed
    assert await anna.patch(f"{path}/assign", {"assigned_to_id": cleo.id}) == 200
    left = await listener.heard("lead.left")
    assert (left["data"], left["detail"]) == (None, {"name": lead["name"]})
    assert await ben.get(path) == 404
    assert await anna.patch(path, {"score": 8}) == 200
    await asyncio.sleep(0.2)
    assert len(listener.all("lead.updated")) == 1
    told = [e["type"] for e in await make.heard(cleo)]
    assert told == ["lead.updated", "lead.assigned", "lead.updated"]


async def test_the_setting_acts_at_once_on_tokens_and_rooms(make: Make, connect: Connect):
    anna = await make.owner()
    ben = await make.member(anna)
    await make.contact(anna)
    listener, boss = await connect(ben), await connect(anna)
    room = f"contacts:{anna.team_id}"
    for one in (listener, boss):
        assert (await one.join(room))["ok"] is True
    assert len(await seen(ben, "/api/contacts")) == 1
    assert await anna.patch(f"/api/teams/{anna.team_id}", OWN) == 200
    closed = await listener.heard("room.closed")
    assert (closed["room"], closed["code"]) == (room, "permission_denied")
    assert await seen(ben, "/api/contacts") == []
    await make.contact(anna)
    assert (await boss.heard("contact.created"))["room"] == room
    await asyncio.sleep(0.2)
    assert listener.all("contact.created") == []
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {}}) == 200
    assert len(await seen(ben, "/api/contacts")) == 2
    assert (await listener.join(room))["ok"] is True


async def test_only_known_kinds_can_be_kept(make: Make):
    anna = await make.owner()
    path = f"/api/teams/{anna.team_id}"
    wrong: list[Any] = [{"tasks": "own"}, {"leads": "none"}, {"leads": ["own"]}, [], "own"]
    for access in wrong:
        answer = await anna.patch(path, {"settings": {"access": access}})
        assert answer.wrong == {"settings": "wrong_access"}, answer
