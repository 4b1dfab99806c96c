"""Each way of losing a right, in two processes, with and without Redis, while others write all the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Client
from tests.realtime.conftest import Connect, Listen
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone
from tests.realtime.studio import AWAY, Studio, heard_before

REDIS = pytest.mark.parametrize("redis", [{}, AWAY], ids=["redis", "no redis"])


def _ends_with_closed(listener: Listener, code: str) -> None:
    """Behind the word nothing comes but the end."""
    names = listener.names
    assert names[names.index("closed") :] == ["closed", "disconnect"]
    assert listener.all("closed") == [{"code": code}]


@REDIS
@pytest.mark.parametrize("how", ["removed", "deleted"])
async def test_a_project_is_lost_at_that_seq(
    studio: Studio,
    make: Make,
    connect: Connect,
    another_process: Callable[..., Any],
    how: str,
    redis: dict[str, str],
):
    bob = await make.member(studio.ann, "member")
    lost, kept = studio.projects[:2]
    for project in (lost, kept):
        assert await studio.ann.post(f"/api/projects/{project['id']}/members", {"user_id": bob.id}) == 201
    rooms = [f"project:{project['id']}" for project in (lost, kept)]
    async with another_process(**redis) as process:
        bobs = [await studio.enter(await connect(bob, at), rooms) for at in ("", process.url)]
        async with studio.writing(until_gone=True):
            await asyncio.gather(*(one.heard("project.updated", 20) for one in bobs))
            path = f"/api/projects/{lost['id']}"
            gone = await studio.ann.delete(path if how == "deleted" else f"{path}/members/{bob.id}")
            assert gone == 204, gone
            closed = [await one.heard("room.closed") for one in bobs]
            await asyncio.gather(*(one.heard("project.updated", len(one.all("project.updated")) + 20) for one in bobs))
        ended = await studio.told("project.deleted" if how == "deleted" else "project.member_removed")
        head = (await studio.heads())[rooms[1]]
        for one in bobs:
            heard_before(one, {rooms[0]: ended[rooms[0]]})
            await one.up_to(rooms[1], head)
            assert one.seqs(rooms[1]) == list(range(one.seqs(rooms[1])[0], head + 1))
        assert closed == [{"room": rooms[0], "seq": ended[rooms[0]], "code": how}] * 2


@REDIS
@pytest.mark.parametrize("how", ["signed out", "password"])
async def test_a_session_that_ends_ends_its_sockets(
    studio: Studio,
    make: Make,
    connect: Connect,
    another_process: Callable[..., Any],
    anyone: Client,
    how: str,
    redis: dict[str, str],
):
    bob = await make.member(studio.ann, "manager")
    login = await anyone.post("/api/auth/login", {"email": bob.user["email"], "password": PASSWORD})
    switched = await Person.of(anyone, login.json).post(f"/api/teams/{studio.ann.team_id}/switch")
    phone = Person.of(anyone, switched.json)
    async with another_process(**redis) as process:
        lost = [await studio.enter(await connect(phone, at), studio.rooms) for at in ("", process.url)]
        kept = await studio.enter(await connect(bob, process.url), studio.rooms)
        async with studio.writing():
            await asyncio.gather(*(one.heard("project.updated", 20) for one in lost))
            if how == "signed out":
                assert await phone.post("/api/auth/logout") == 204
            else:
                passwords = {"current_password": PASSWORD, "new_password": "another " + PASSWORD}
                assert await bob.put("/api/settings/password", passwords) == 204
            for one in lost:
                assert await one.heard("closed") == {"code": "token_revoked"}
                await one.heard("disconnect")
            await kept.heard("project.updated", len(kept.all("project.updated")) + 20)
        for one in lost:
            _ends_with_closed(one, "token_revoked")
        assert kept.all("closed") == []


@REDIS
async def test_nothing_follows_the_end_of_a_tokens_grace(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], redis: dict[str, str]
):
    async with another_process(**redis, TOKEN_GRACE_SECONDS="0.3") as process:
        listener = await listen(ann.colleague("Bob"), at=process.url, life=2)
        witness = await listen(ann, at=process.url)
        async with asyncio.timeout(60):
            while not listener.all("disconnect"):
                await asyncio.gather(ann.write("here"), process.write(ann, "there"))
        _ends_with_closed(listener, "token_expired")
        [last] = await ann.write("the last")
        await witness.up_to(ann.team, last)
        assert witness.seqs(ann.team) == list(range(1, last + 1))


async def test_a_replay_shows_nothing_that_came_after_the_right_was_lost(
    studio: Studio, make: Make, connect: Connect, another_process: Callable[..., Any]
):
    bob = await make.member(studio.ann, "member")
    project = studio.projects[0]
    room, path = f"project:{project['id']}", f"/api/projects/{project['id']}/members"
    assert await studio.ann.post(path, {"user_id": bob.id}) == 201
    async with another_process() as process:
        bobs = [await connect(bob, at) for at in ("", process.url)]
        start = (await studio.heads())[room]

        async def join_on(one: Listener) -> None:
            while (await one.join(room, after=start))["ok"]:
                pass

        async with studio.writing():
            joining = [asyncio.create_task(join_on(one)) for one in bobs for _ in range(3)]
            await asyncio.gather(*(one.heard("ack join", 5) for one in bobs))
            assert await studio.ann.delete(f"{path}/{bob.id}") == 204
            await asyncio.gather(*joining)
        seq = (await studio.told("project.member_removed"))[room]
        for one in bobs:
            replayed = [e["seq"] for answer in one.all("ack join") for e in answer.get("events", ())]
            assert replayed
            assert max(replayed) < seq
            assert max(one.seqs(room), default=0) < seq
