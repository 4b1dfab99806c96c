"""A right that is taken away ends the room, or the socket, at that seq."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from server.core import announce
from server.core.announce import Entry
from tests.realtime.conftest import Listen
from tests.realtime.notes import NoteForbidden, NoteMade, Someone, someone


async def test_who_loses_a_room_hears_nothing_of_it_from_that_seq_on(
    ann: Someone, listen: Listen, another_process: Callable[..., Any]
):
    bob = ann.colleague("Bob")
    async with another_process() as process:
        bobs = [await listen(bob), await listen(bob, at=process.url)]
        anns = [await listen(ann), await listen(ann, at=process.url)]
        await ann.write("one")
        taken = ann.take_away(ann.team, "removed", user_id=bob.actor.id)
        await asyncio.gather(taken, *(ann.write(str(n)) for n in range(20)))
        for listener in anns:
            await listener.up_to(ann.team, 22)
            assert listener.seqs(ann.team) == list(range(1, 23))
            assert listener.all("room.closed") == []
        seq = anns[0].all("note.forbidden")[0]["seq"]
        for listener in bobs:
            assert await listener.heard("room.closed") == {"room": ann.team, "seq": seq, "code": "removed"}
            await asyncio.sleep(0.3)
            assert listener.seqs(ann.team) == list(range(1, seq))
            assert listener.socket.connected


async def test_a_room_that_ends_ends_for_everybody(ann: Someone, listen: Listen):
    listeners = [await listen(ann), await listen(ann.colleague("Bob"))]
    [seq] = await ann.take_away(ann.team, "deleted")
    for listener in listeners:
        assert await listener.heard("room.closed") == {"room": ann.team, "seq": seq, "code": "deleted"}
        assert listener.seqs(ann.team) == []


@pytest.mark.parametrize("redis", ["there", "away"])
async def test_to_lose_the_own_room_closes_the_socket_in_every_process(
    ann: Someone, listen: Listen, another_process: Callable[..., Any], redis: str
):
    bob = ann.colleague("Bob")
    environment = {} if redis == "there" else {"REDIS_URL": "redis://127.0.0.1:1/0"}
    async with another_process(**environment) as process:
        bobs = [await listen(bob), await listen(bob, at=process.url)]
        assert await bobs[1].ask("leave", room=bob.own) == {"ok": True, "room": bob.own}  # does not help
        witness = await listen(ann, at=process.url)
        await ann.take_away(bob.own, "token_revoked", user_id=bob.actor.id)
        for listener in bobs:
            assert await listener.heard("closed") == {"code": "token_revoked"}
            await listener.heard("disconnect")
            assert not listener.socket.connected
        assert witness.socket.connected
        assert witness.all("closed") == []


async def test_asked_again_the_socket_keeps_what_it_may_have_and_misses_nothing(ann: Someone, listen: Listen):
    listener = await listen(ann)
    await asyncio.gather(
        *(ann.write(str(n)) for n in range(10)),
        ann.take_away(ann.own, "role_changed", recheck=True),
        *(ann.write(str(n)) for n in range(10)),
    )
    await listener.up_to(ann.team, 21)
    assert listener.seqs(ann.team) == list(range(1, 22))
    assert listener.all("room.closed") == []


async def test_a_room_that_ends_while_the_socket_is_asked_again_has_ended(ann: Someone, listen: Listen):
    listener = await listen(ann)
    _, seq, _ = await ann.record_all(
        NoteForbidden(ends_room=ann.own, code="role_changed", recheck=True),
        NoteForbidden(ends_room=ann.team, code="removed", user_id=ann.actor.id),
        NoteMade(text="for those who are left"),
    )
    assert await listener.heard("room.closed") == {"room": ann.team, "seq": seq, "code": "removed"}
    assert await listener.join(ann.team, after=seq) != {"ok": False}  # it answers again
    assert listener.seqs(ann.team) == []


async def test_a_second_reason_to_ask_again_is_not_lost_in_the_first(ann: Someone, listen: Listen):
    listener = await listen(ann)
    for n in range(30):
        await ann.take_away(ann.own, "role_changed", recheck=True)
        await ann.write(str(n))
    await listener.up_to(ann.team, 60)
    assert listener.seqs(ann.team) == list(range(1, 61))


async def test_a_new_epoch_tells_everyone_to_start_again(ann: Someone, listen: Listen, sql: Callable[..., Any]):
    listener = await listen(ann)
    await ann.write("one", "two")
    await listener.up_to(ann.team, 2)
    await sql("UPDATE stream SET epoch = 'restored', head = 1 WHERE room = $1", ann.team)
    await sql("DELETE FROM stream_entry WHERE room = $1 AND seq > 1", ann.team)
    assert await listener.heard("room.reset") == {"room": ann.team, "code": "log_replaced"}
    assert (await listener.join(ann.team, after=2))["reset"] is True
    answer = await listener.join(ann.team, after=1, epoch="restored")
    assert (answer["reset"], answer["epoch"], answer["seq"]) == (False, "restored", 1)
    await ann.write("a new two")
    assert (await listener.heard("note.made", 3))["detail"] == {"text": "a new two"}


async def test_a_late_hint_of_the_log_before_reaches_nobody_who_is_in_the_new_one(
    ann: Someone, listen: Listen, sql: Callable[..., Any], sockets_with: Callable[..., Any]
):
    """Nobody looks at the log; who joins is the first to say that it is another one."""
    at = await sockets_with(redis_url="", room_poll_seconds=600, room_poll_degraded_seconds=600)
    before = await listen(ann, at=at)
    told: list[Entry] = []
    end = announce.listen(told.extend)
    await ann.write("one")
    end()
    await before.up_to(ann.team, 1)
    await sql("UPDATE stream SET epoch = 'restored' WHERE room = $1", ann.team)
    since = await listen(ann.colleague("Bob"), at=at)
    announce.announce([replace(entry, seq=2, wire=entry.wire.replace("one", "lost")) for entry in told])
    await ann.write("two")
    await since.up_to(ann.team, 2)
    assert [event["detail"]["text"] for event in since.all("note.made")] == ["two"]
    assert await before.heard("room.reset") == {"room": ann.team, "code": "log_replaced"}
    assert before.seqs(ann.team) == [1]


async def test_who_was_let_in_after_the_fact_is_not_put_out_when_the_process_hears_of_it_late(
    ann: Someone, listen: Listen, another_process: Callable[..., Any]
):
    """The process looks only when the one who joins knows more than it does."""
    never = {"REDIS_URL": "", "ROOM_POLL_SECONDS": "600", "ROOM_POLL_DEGRADED_SECONDS": "600"}
    bob = ann.colleague("Bob")
    async with another_process(**never) as process:
        witness = await listen(ann, at=process.url)
        await ann.take_away(ann.team, "removed", user_id=bob.actor.id)
        back = await listen(bob, at=process.url)
        await witness.up_to(ann.team, 1)
        await process.write(ann, "live")
        await back.up_to(ann.team, 2)
        assert back.seqs(ann.team) == [2]
        assert back.all("room.closed") == []


async def test_a_stranger_in_another_team_is_not_touched(ann: Someone, listen: Listen, sql: Callable[..., Any]):
    team_id = uuid4()
    await sql("INSERT INTO team (id, name, slug) VALUES ($1, 'Test', $2)", team_id, str(team_id))
    zoe = someone("Zoe", team_id)
    listener = await listen(zoe)
    await ann.take_away(ann.team, "deleted")
    await zoe.write("mine")
    await listener.up_to(zoe.team, 1)
    assert listener.all("room.closed") == []
