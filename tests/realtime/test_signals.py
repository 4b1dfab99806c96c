"""Typing and cursors: to everyone else in the room, in all processes, a frame per room and 50 ms, never logged."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.helpers.processes import until
from tests.realtime.conftest import Listen
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone


def _review(who: Someone) -> str:
    return f"review:{who.actor.team_id}"


def _person(who: Someone) -> dict[str, str]:
    return {"id": str(who.actor.id), "name": who.actor.name}


async def _in_review(listen: Listen, who: Someone, at: str = "") -> Listener:
    listener = await listen(who, at=at)
    assert (await listener.join(_review(who)))["ok"]
    return listener


async def _saw(listener: Listener, cursor: dict[str, Any]) -> bool:
    return cursor in listener.all("cursor")


async def _saw_last(listener: Listener, where: dict[str, int]) -> bool:
    return {cursor["name"]: cursor["at"] for cursor in listener.all("cursor")} == where


async def _tells(teller: Listener, listener: Listener, name: str, **said: Any) -> bool:
    """Whether a signal arrives: before two processes know what the other one hears, it is told to nobody."""
    await teller.ask(name, **said)
    return bool(listener.all(name))


async def test_typing_reaches_the_others_and_has_a_limit(
    ann: Someone, listen: Listen, another_process: Callable[..., Any]
):
    bob = ann.colleague("Bob")
    async with another_process() as process:
        here, there = await listen(ann), await listen(bob, at=process.url)
        said = {"room": ann.team, "subject": "a card"}
        await until(lambda: _tells(here, there, "typing", **said))
        answers = await asyncio.gather(*(here.ask("typing", **said) for _ in range(400)))
        assert {"ok": False, "code": "rate_limited"} in answers
        assert there.all("typing")[-1] == said | _person(ann)
        assert here.all("typing") == []
        assert len(there.all("typing")) < 400


async def test_of_many_moves_the_last_one_is_what_the_others_see(
    ann: Someone, listen: Listen, another_process: Callable[..., Any]
):
    bob = ann.colleague("Bob")
    async with another_process() as process:
        mover, near = await _in_review(listen, ann), await _in_review(listen, bob)
        far = await _in_review(listen, bob, at=process.url)
        second_window = await _in_review(listen, ann)
        await until(lambda: _tells(mover, far, "cursor", room=_review(ann), subject="v2", at={"x": -1, "y": 0.5}))
        moves = [{"x": n, "y": 0.5} for n in range(50)]
        answers = await asyncio.gather(*(mover.ask("cursor", room=_review(ann), subject="v2", at=at) for at in moves))
        assert answers == [{"ok": True}] * 50
        last = {"room": _review(ann), "subject": "v2", "at": moves[-1], **_person(ann)}
        for listener in (near, far, second_window):
            await until(lambda listener=listener: _saw(listener, last))
            seen = listener.all("cursor")
            assert seen[-1] == last
            assert len([one for one in seen if one["at"] in moves]) < len(moves)
            assert [c["at"]["x"] for c in seen] == sorted(c["at"]["x"] for c in seen)
        assert mover.all("cursor") == []


async def test_people_who_move_at_once_see_each_other_and_not_themselves(ann: Someone, listen: Listen):
    people = [ann, ann.colleague("Bob"), ann.colleague("Cy")]
    listeners = [await _in_review(listen, who) for who in people]
    for n in range(10):
        await asyncio.gather(*(one.ask("cursor", room=_review(ann), at=n) for one in listeners))
    for who, listener in zip(people, listeners, strict=True):
        others = {other.actor.name: 9 for other in people if other is not who}
        await until(lambda listener=listener, others=others: _saw_last(listener, others))


async def test_a_room_refuses_signals_that_its_kind_does_not_take(ann: Someone, listen: Listen):
    listener = await _in_review(listen, ann)
    refused = {"ok": False, "code": "signal_not_taken"}
    assert await listener.ask("cursor", room=ann.team, at=1) == refused
    assert await listener.ask("typing", room=ann.own) == refused
    for wrong in ({}, {"at": [1]}, {"at": {"x": "y" * 201}}, {"at": {str(n): n for n in range(11)}}):
        assert await listener.ask("cursor", room=_review(ann), **wrong) == {"ok": False, "code": "validation_failed"}


async def test_signals_need_a_place_in_the_room(ann: Someone, listen: Listen):
    listener = await listen(ann)
    await listener.ask("leave", room=ann.team)
    for name, said in (("presence", {}), ("typing", {}), ("cursor", {"at": 1})):
        assert await listener.ask(name, room=ann.team, **said) == {"ok": False, "code": "not_found"}


async def test_cursors_have_a_limit(ann: Someone, listen: Listen):
    listener = await _in_review(listen, ann)
    answers = await asyncio.gather(*(listener.ask("cursor", room=_review(ann), at=n) for n in range(400)))
    assert {"ok": False, "code": "rate_limited"} in answers
    assert answers[0] == {"ok": True}
