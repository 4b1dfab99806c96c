"""A right that is lost with the team or the role is lost in each room at a seq of its own, in every process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from tests.factories import Make
from tests.factories.people import Person
from tests.realtime.conftest import Connect
from tests.realtime.studio import AWAY, Studio, heard_before

Sql = Callable[..., Awaitable[Any]]


async def _go(studio: Studio, bob: Person, how: str) -> None:
    members = f"/api/teams/{studio.ann.team_id}/members/{bob.id}"
    if how == "removed":
        assert await studio.ann.delete(members) == 204
    elif how == "left":
        assert await bob.post(f"/api/teams/{bob.team_id}/leave") == 204
    elif how == "narrowed":
        assert await studio.ann.patch(f"{members}/role", {"role": "member"}) == 200


@pytest.mark.parametrize("redis", ["there", "away"])
@pytest.mark.parametrize("how", ["removed", "left"])
async def test_who_goes_hears_nothing_of_any_room_from_then_on(
    studio: Studio, make: Make, connect: Connect, another_process: Callable[..., Any], how: str, redis: str
):
    bob = await make.member(studio.ann, "manager")
    async with another_process(**({} if redis == "there" else AWAY)) as process:
        going = [await studio.enter(await connect(bob, at), studio.rooms) for at in ("", process.url)]
        witness = await studio.enter(await connect(studio.ann, process.url), studio.rooms)
        async with studio.writing():
            await asyncio.gather(*(one.heard("project.updated", 20) for one in going))
            await _go(studio, bob, how)
            for one in going:
                assert await one.heard("closed") == {"code": "token_revoked"}
                await one.heard("disconnect")
            await witness.heard("project.updated", len(witness.all("project.updated")) + 20)
        ended = await studio.told(f"member.{how}")
        assert set(ended) == set(studio.rooms)
        for one in going:
            heard_before(one, ended)
            assert one.all("room.closed") == []
        for room, head in (await studio.heads()).items():
            await witness.up_to(room, head)
            assert witness.seqs(room) == list(range(witness.seqs(room)[0], head + 1))


async def test_who_sees_only_their_projects_leaves_those_and_the_team(studio: Studio, make: Make, connect: Connect):
    bob = await make.member(studio.ann, "member")
    theirs, other, _ = studio.projects
    assert await studio.ann.post(f"/api/projects/{theirs['id']}/members", {"user_id": bob.id}) == 201
    rooms = [f"team:{bob.team_id}", f"project:{theirs['id']}"]
    going = await studio.enter(await connect(bob), rooms)
    async with studio.writing():
        await going.heard("project.updated", 5)
        await _go(studio, bob, "removed")
        assert await going.heard("closed") == {"code": "token_revoked"}
    left, removed = await studio.told("member.removed"), await studio.told("project.member_removed")
    assert f"project:{other['id']}" not in left | removed
    heard_before(going, {rooms[0]: left[rooms[0]], rooms[1]: removed[rooms[1]]})


@pytest.mark.parametrize("redis", ["there", "away"])
async def test_a_narrower_role_ends_each_room_at_the_change(
    studio: Studio, make: Make, connect: Connect, another_process: Callable[..., Any], redis: str
):
    bob = await make.member(studio.ann, "manager")
    kept = f"project:{studio.projects[0]['id']}"
    put_on = await studio.ann.post(f"/api/projects/{studio.projects[0]['id']}/members", {"user_id": bob.id})
    assert put_on == 201, put_on
    async with another_process(**({} if redis == "there" else AWAY)) as process:
        bobs = [await studio.enter(await connect(bob, at), studio.rooms) for at in ("", process.url)]
        async with studio.writing():
            await asyncio.gather(*(one.heard("project.updated", 20) for one in bobs))
            await _go(studio, bob, "narrowed")
            await asyncio.gather(*(one.heard("room.closed", 3) for one in bobs))
        ended = await studio.told("member.role_changed")
        heads = await studio.heads()
        for one in bobs:
            assert {(c["room"], c["code"]) for c in one.all("room.closed")} == {
                (room, "permission_denied") for room in studio.rooms[1:] if room != kept
            }
            heard_before(one, {room: ended[room] for room in studio.rooms[1:] if room != kept})
            for room in (studio.rooms[0], kept):
                await one.up_to(room, heads[room])
                assert one.seqs(room) == list(range(one.seqs(room)[0], heads[room] + 1))
            assert one.all("closed") == []


@pytest.mark.parametrize("how", ["removed", "left", "narrowed"])
async def test_each_room_says_so_alone(
    studio: Studio, make: Make, connect: Connect, another_process: Callable[..., Any], how: str
):
    """A process that hears of one room and of nothing else, not even the person's own room, ends it at its seq."""
    bob = await make.member(studio.ann, "manager")
    async with another_process(**AWAY, ROOM_POLL_DEGRADED_SECONDS="600") as process:
        rooms = studio.rooms[1:] if how == "narrowed" else [*studio.rooms[1:], studio.rooms[0]]
        bobs = {room: await studio.enter(await connect(bob, process.url), [room]) for room in rooms}
        await _go(studio, bob, how)
        await studio.change_everything()
        while bobs:
            assert all(one.all("closed") == one.all("room.closed") == [] for one in bobs.values())
            room, one = next(iter(bobs.items()))
            await process.hint(room)
            if how == "narrowed":
                assert (await one.heard("room.closed"))["room"] == room
            else:
                assert await one.heard("closed") == {"code": "token_revoked"}
            heard_before(one, await studio.told("member.role_changed" if how == "narrowed" else f"member.{how}"))
            del bobs[room]


async def test_a_deleted_team_ends_every_room_for_all(
    studio: Studio, make: Make, connect: Connect, another_process: Callable[..., Any]
):
    bob = await make.member(studio.ann, "manager")
    async with another_process() as process:
        everybody = [
            await studio.enter(await connect(who, at), studio.rooms)
            for who in (studio.ann, bob)
            for at in ("", process.url)
        ]
        async with studio.writing(until_gone=True):
            await asyncio.gather(*(one.heard("project.updated", 20) for one in everybody))
            confirm = {"confirm": studio.ann.team["name"]}
            answer = await studio.ann.delete(f"/api/teams/{studio.ann.team_id}", json=confirm)
            assert answer == 204, answer
            for one in everybody:
                assert await one.heard("closed") == {"code": "token_revoked"}
        ended = await studio.told("team.deleted")
        assert set(ended) == set(studio.rooms)
        for one in everybody:
            heard_before(one, ended)


async def test_a_deactivated_account_is_out_everywhere(
    studio: Studio, make: Make, connect: Connect, sockets_with: Callable[..., Any], sql: Sql
):
    bob = await make.member(studio.ann, "member")
    listener = await connect(bob, await sockets_with(session_check_seconds=0.2))
    await sql("UPDATE app_user SET deactivated_at = now() WHERE id = $1", UUID(bob.id))
    assert await listener.heard("closed") == {"code": "token_revoked"}
