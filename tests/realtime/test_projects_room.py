"""The room of all projects: for roles that see them all."""

from __future__ import annotations

from tests.factories import Make
from tests.realtime.conftest import Connect


async def test_who_sees_all_projects_hears_of_each_and_others_cannot_listen(make: Make, connect: Connect):
    ann, eve = await make.owner(), await make.owner()
    bob, cleo = await make.member(ann, "manager"), await make.member(ann, "member")
    room = f"projects:{ann.team_id}"
    for person in (cleo, eve):
        assert await (await connect(person)).join(room) == {"ok": False, "code": "not_found"}
    manager = await connect(bob)
    assert (await manager.join(room))["ok"] is True
    project = await make.project(ann)
    created = await manager.heard("project.created")
    assert (created["room"], created["data"]) == (room, project)
    assert await ann.delete(f"/api/projects/{project['id']}") == 204
    assert (await manager.heard("project.deleted"))["detail"] == {"name": project["name"]}
