"""Who is here; across processes, and after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from realtime.presence import People, Presence
from server.core.online import online
from tests.helpers.processes import until
from tests.realtime.conftest import Listen
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone


def _person(who: Someone) -> dict[str, str]:
    return {"id": str(who.actor.id), "name": who.actor.name}


async def _sees(listener: Listener, *people: Someone) -> bool:
    answer = await listener.ask("presence", room=people[0].team)
    return answer == {"ok": True, "members": [_person(one) for one in people]}


async def _are_online(*people: Someone) -> bool:
    return await online(people[0].actor.team_id) == {str(one.actor.id) for one in people}


def _told(who: Someone) -> dict[str, str]:
    return {"room": who.team, **_person(who)}


async def _was_told(listener: Listener, what: str, who: Someone) -> bool:
    return _told(who) in listener.all(f"presence.{what}")


async def test_who_is_here_comes_and_goes_across_processes(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], sockets_with: Callable[..., Any]
):
    bob, cy, dan, eve = map(ann.colleague, ("Bob", "Cy", "Dan", "Eve"))
    own = await sockets_with(presence_lease_seconds=60)  # a process that stands still for a while is no dead one
    async with another_process(PRESENCE_LEASE_SECONDS="60") as process:
        here, there = await listen(ann, at=own), await listen(bob, at=process.url)
        await until(lambda: _are_online(ann, bob))
        for listener in (here, there):
            await until(lambda listener=listener: _sees(listener, ann, bob))
        third = await listen(cy, at=own)
        for listener in (here, there):
            await until(lambda listener=listener: _was_told(listener, "joined", cy))
        second_window = await listen(cy, at=process.url)
        await listen(dan, at=process.url)
        await until(lambda: _was_told(here, "joined", dan))  # so `here` knows by now who else is there
        await third.close()
        await listen(eve, at=own)
        await until(lambda: _was_told(there, "joined", eve))
        await second_window.close()
        for listener in (here, there):
            await until(lambda listener=listener: _was_told(listener, "left", cy))
            assert listener.all("presence.joined").count(_told(cy)) == 1
            assert listener.all("presence.left") == [_told(cy)]


async def test_the_people_of_a_killed_process_are_gone_when_its_lease_is(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], sockets_with: Callable[..., Any]
):
    bob = ann.colleague("Bob")
    here = await listen(ann, at=await sockets_with(presence_lease_seconds=1))
    async with another_process(PRESENCE_LEASE_SECONDS="1") as process:
        await listen(bob, at=process.url)
        await until(lambda: _sees(here, ann, bob))
        process.kill()
        async with asyncio.timeout(60):
            while not await _was_told(here, "left", bob):
                passer_by = await listen(ann.colleague("Cy"))  # who keeps the process busy keeps it from no look
                await passer_by.close()


async def test_without_redis_one_sees_the_people_of_the_same_process(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any]
):
    at = await sockets_with(redis_url="")
    listener = await listen(ann, at=at)
    assert await listener.ask("presence", room=ann.team) == {"ok": True, "members": [_person(ann)]}
    bob = ann.colleague("Bob")
    other = await listen(bob, at=at)
    assert await listener.heard("presence.joined") == _told(bob)
    assert await other.ask("typing", room=ann.team, subject="a card") == {"ok": True}
    assert await listener.heard("typing") == {"room": ann.team, "subject": "a card", **_person(bob)}


async def test_the_rest_of_the_server_can_ask_who_is_online(
    ann: Someone, listen: Listen, another_process: Callable[..., Any]
):
    bob = ann.colleague("Bob")
    assert await online(ann.actor.team_id) == set()
    async with another_process() as process:
        await listen(ann)
        await listen(bob, at=process.url)
        await until(lambda: _are_online(ann, bob))


async def test_who_loses_the_room_while_asking_hears_of_nobody(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    at, bob, cy = await sockets_with(), ann.colleague("Bob"), ann.colleague("Cy")
    asked, goes_on = asyncio.Event(), asyncio.Event()
    ask_redis = Presence._ask_redis

    async def held_up(presence: Presence, room: str) -> People:
        asked.set()
        await goes_on.wait()
        return await ask_redis(presence, room)

    monkeypatch.setattr(Presence, "_ask_redis", held_up)
    loser = await listen(bob, at=at)
    asking = asyncio.create_task(loser.ask("presence", room=ann.team))
    await asked.wait()
    await ann.take_away(ann.team, "removed", user_id=bob.actor.id)
    await loser.heard("room.closed")
    goes_on.set()
    assert await asking == {"ok": False, "code": "not_found"}
    witness = await listen(ann, at=at)
    await witness.ask("presence", room=ann.team)
    await listen(cy, at=at)
    await witness.heard("presence.joined")
    await loser.ask("leave", room=ann.team)  # what was said before it has come
    assert loser.all("presence.joined") == []
