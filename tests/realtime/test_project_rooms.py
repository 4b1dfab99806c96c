"""A project's room: who is let in, and who has to leave."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from tests.factories import Make
from tests.realtime.conftest import Connect
from tests.realtime.raw import Poller

NOT_FOUND = {"ok": False, "code": "not_found"}


def _room(project: dict[str, Any]) -> str:
    return f"project:{project['id']}"


async def test_the_board_names_the_seq_from_which_a_join_goes_on(make: Make, connect: Connect):
    ann = await make.owner()
    project = await make.project(ann)
    listener = await connect(ann)
    board = (await ann.get(f"/api/projects/{project['id']}/board")).json
    task = (await ann.post("/api/tasks", {"title": "Storyboard", "project_id": project["id"]})).json
    answer = await listener.join(board["room"], after=board["seq"], epoch=board["epoch"])
    assert (answer["ok"], answer["reset"], answer["seq"]) == (True, False, board["seq"] + 1)
    [created] = answer["events"]
    assert (created["type"], created["seq"], created["subject"]["id"]) == (
        "task.created",
        board["seq"] + 1,
        task["id"],
    )
    by_rest = await ann.get(f"/api/projects/{project['id']}/events?after={board['seq']}&epoch={board['epoch']}")
    assert by_rest.json == answer
    await ann.patch(f"/api/tasks/{task['id']}", {"title": "Storyboards"})
    updated = await listener.heard("task.updated")
    assert updated["seq"] == board["seq"] + 2
    assert updated["changes"] == {"title": ["Storyboard", "Storyboards"]}
    assert updated["data"] == (await ann.get(f"/api/tasks/{task['id']}")).json


async def test_who_is_not_on_the_project_cannot_tell_it_from_none(make: Make, connect: Connect):
    ann, stranger = await make.owner(), await make.owner()
    bob = await make.member(ann, "member")
    project = await make.project(ann)
    for person in (bob, stranger):
        listener = await connect(person)
        assert await listener.join(_room(project)) == NOT_FOUND
        assert await listener.join(f"project:{uuid4()}") == NOT_FOUND


async def test_who_is_taken_off_leaves_the_room_at_that_seq(make: Make, connect: Connect):
    ann = await make.owner()
    bob = await make.member(ann, "member")
    project = await make.project(ann, bob)
    boss, member = await connect(ann), await connect(bob)
    start = (await boss.join(_room(project)))["seq"]
    assert (await member.join(_room(project)))["seq"] == start
    await ann.post("/api/tasks", {"title": "Seen by both", "project_id": project["id"]})
    assert await ann.delete(f"/api/projects/{project['id']}/members/{bob.id}") == 204
    await ann.post("/api/tasks", {"title": "Seen by one", "project_id": project["id"]})
    removed = await boss.heard("project.member_removed")
    closed = await member.heard("room.closed")
    assert closed == {"room": _room(project), "seq": removed["seq"], "code": "removed"}
    await boss.heard("task.created", 2)
    await asyncio.sleep(0.2)
    assert member.seqs(_room(project)) == list(range(start + 1, removed["seq"]))
    assert await member.join(_room(project)) == NOT_FOUND


async def test_a_deleted_project_ends_its_room_for_all(make: Make, connect: Connect):
    ann = await make.owner()
    bob = await make.member(ann, "manager")
    project = await make.project(ann)
    listeners = [await connect(ann), await connect(bob)]
    for listener in listeners:
        assert (await listener.join(_room(project)))["ok"] is True
    assert await ann.delete(f"/api/projects/{project['id']}") == 204
    for listener in listeners:
        closed = await listener.heard("room.closed")
        assert (closed["room"], closed["code"]) == (_room(project), "deleted")
        assert await listener.join(_room(project)) == NOT_FOUND


async def test_a_slow_client_is_served_nothing_by_the_log_that_it_may_not_read_any_more(
    make: Make, another_process: Callable[..., Any]
):
    """Its process has not heard yet that the right is gone: it hears what it is told by hand, and never looks."""
    ann = await make.owner()
    bob = await make.member(ann, "member")
    project = await make.project(ann, bob)
    path, room = f"/api/projects/{project['id']}", _room(project)
    never = {"REDIS_URL": "", "ROOM_POLL_SECONDS": "600", "ROOM_POLL_DEGRADED_SECONDS": "600"}
    little = {"SLOW_CLIENT_LAG_BYTES": "2000", "SLOW_CLIENT_DRAINED_BYTES": "500", "SLOW_CLIENT_SECONDS": "600"}
    async with another_process(**never, **little) as process, Poller.entered(process.url, bob.token) as slow:
        assert await slow.say(f'420["join",{{"room":"{room}"}}]') == 200
        for n in range(20):
            assert await ann.patch(path, {"description": str(n % 10) * 5_000}) == 200
        await process.hint(room)
        assert await ann.delete(f"{path}/members/{bob.id}") == 204
        said: list[str] = []
        async with asyncio.timeout(60):
            while not any("room.closed" in text for text in said):
                said += (await slow.poll())[1].split("\x1e")
        assert said[-1].startswith(f'42["room.closed",{{"room":"{room}"')
        assert '"code":"permission_denied"' in said[-1]
        told = [text for text in said if text.startswith('42["project.updated"')]
        assert 0 < len(told) < 20
