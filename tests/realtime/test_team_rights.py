"""Changes in a team act at once on its people's live sockets."""

from __future__ import annotations

from typing import Any

from tests.factories import Make
from tests.realtime.conftest import Connect


def _room(project: dict[str, Any]) -> str:
    return f"project:{project['id']}"


async def test_a_change_of_role_acts_on_the_live_socket(make: Make, connect: Connect):
    ann = await make.owner()
    bob = await make.member(ann, "manager")
    project = await make.project(ann)
    listener = await connect(bob)
    assert (await listener.join(_room(project)))["ok"] is True
    answer = await ann.patch(f"/api/teams/{ann.team_id}/members/{bob.id}/role", {"role": "member"})
    assert answer == 200, answer
    closed = await listener.heard("room.closed")
    assert (closed["room"], closed["code"]) == (_room(project), "permission_denied")
    assert listener.all("closed") == []


async def test_who_is_taken_out_of_the_team_is_disconnected(make: Make, connect: Connect):
    ann = await make.owner()
    bob = await make.member(ann, "member")
    listener, witness = await connect(bob), await connect(ann)
    answer = await ann.delete(f"/api/teams/{ann.team_id}/members/{bob.id}")
    assert answer == 204, answer
    assert await listener.heard("closed") == {"code": "token_revoked"}
    await listener.heard("disconnect")
    assert witness.all("closed") == []


async def test_a_deleted_team_disconnects_everybody_in_it_and_nobody_else(make: Make, connect: Connect):
    ann, stranger = await make.owner(), await make.owner()
    bob = await make.member(ann, "member")
    gone, witness = [await connect(ann), await connect(bob)], await connect(stranger)
    answer = await ann.delete(f"/api/teams/{ann.team_id}", json={"confirm": ann.team["name"]})
    assert answer == 204, answer
    for listener in gone:
        assert await listener.heard("closed") == {"code": "token_revoked"}
    assert (await bob.get("/api/projects")).code == "token_revoked"
    assert witness.all("closed") == []


async def test_the_last_owners_refused_leave_disconnects_nobody(make: Make, connect: Connect):
    ann = await make.owner()
    listener = await connect(ann)
    assert (await ann.post(f"/api/teams/{ann.team_id}/leave")).code == "last_owner"
    project = await make.project(ann)
    assert (await listener.join(_room(project)))["ok"] is True
    assert listener.all("closed") == []
