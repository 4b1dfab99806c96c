"""Joining rooms: replay, reset, refusal, and the order of answers and events."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest

from models.ids import uuid7
from realtime import join
from realtime.connection import Connection
from tests.realtime.conftest import Listen
from tests.realtime.notes import Someone

NOT_FOUND = {"ok": False, "code": "not_found"}


async def test_what_was_missed_is_what_went_out_live(ann: Someone, listen: Listen):
    listener = await listen(ann)
    await ann.write("one")
    await ann.write("two", "three")
    await listener.up_to(ann.team, 3)
    live = listener.all("note.made")
    late = await listen(ann)
    epoch = late.all("ready")[0]["rooms"][ann.team]["epoch"]
    answer = await late.join(ann.team, after=1, epoch=epoch)
    assert answer == {
        "ok": True,
        "room": ann.team,
        "epoch": epoch,
        "seq": 3,
        "events": live[1:],
        "reset": False,
    }
    await ann.write("four")
    await late.up_to(ann.team, 4)
    assert late.seqs(ann.team) == [4]


async def test_without_after_a_join_goes_on_from_now(ann: Someone, listen: Listen):
    listener = await listen(ann)
    await ann.write("one", "two")
    answer = await listener.join(ann.team)
    assert (answer["ok"], answer["seq"], answer["events"], answer["reset"]) == (True, 2, [], False)


async def test_a_gap_that_the_log_cannot_bridge_is_a_reset(
    ann: Someone, listen: Listen, sql: Callable[..., Awaitable[Any]]
):
    listener = await listen(ann)
    await ann.write(*map(str, range(1005)))
    await listener.up_to(ann.team, 1005)

    async def reset_of(**said: Any) -> dict[str, Any]:
        answer = await listener.join(ann.team, **said)
        assert (answer["ok"], answer["events"], answer["seq"]) == (True, [], 1005)
        return answer["reset"]

    assert await reset_of(after=4)  # more than 1,000 events
    assert not (await listener.join(ann.team, after=5))["reset"]
    assert await reset_of(after=1006)  # a seq from the future
    assert await reset_of(after=1005, epoch="another")
    assert not await reset_of(after=1005)
    await sql("UPDATE stream SET floor = 900 WHERE room = $1", ann.team)
    assert await reset_of(after=899)  # older than the log keeps
    assert not (await listener.join(ann.team, after=900))["reset"]


async def test_half_a_mebibyte_of_events_is_a_reset(ann: Someone, listen: Listen):
    listener = await listen(ann)
    for _ in range(3):
        await ann.write("x" * 200_000)
    assert (await listener.join(ann.team, after=0))["reset"] is True
    assert len((await listener.join(ann.team, after=1))["events"]) == 2


async def test_after_a_reset_the_socket_is_not_in_the_room(ann: Someone, listen: Listen):
    listener = await listen(ann)
    assert (await listener.join(ann.team, after=99))["reset"] is True
    await ann.write("unheard")
    assert (await listener.join(ann.team, after=0))["seq"] == 1
    await ann.write("heard")
    await listener.up_to(ann.team, 2)
    assert listener.seqs(ann.team) == [2]


async def test_what_is_not_yours_looks_like_what_does_not_exist(
    ann: Someone, listen: Listen, sql: Callable[..., Awaitable[Any]]
):
    listener = await listen(ann)
    other = uuid7()
    await sql("INSERT INTO team (id, name, slug) VALUES ($1, 'Other', $2)", other, str(other))
    rooms = [
        f"team:{other}",
        f"team:{uuid7()}",
        f"member:{uuid7()}",
        f"project:{uuid7()}",
        f"projects:{other}",
        f"portal:{ann.actor.id}",
        f"nothing:{ann.actor.team_id}",
        ann.team.upper().replace("TEAM", "team"),
        "team:",
        "team",
        "",
        "💥",
    ]
    assert [await listener.join(room) for room in rooms] == [NOT_FOUND] * len(rooms)
    assert await sql("SELECT room FROM stream WHERE team_id = $1", other) == []


async def test_leaving(ann: Someone, listen: Listen):
    listener = await listen(ann)
    assert await listener.ask("leave", room=ann.team) == {"ok": True, "room": ann.team}
    await ann.write("unheard")
    assert (await listener.join(ann.team, after=0))["seq"] == 1
    assert listener.seqs(ann.team) == []


async def test_no_event_overtakes_the_answer_and_none_is_missing(ann: Someone, listen: Listen):
    """Sixty joins while others write as fast as they can: each answer is followed by exactly what comes next."""
    listener = await listen(ann)
    writing = [asyncio.create_task(_write_on(ann)) for _ in range(4)]
    for after in itertools.islice(itertools.cycle([0, None]), 60):
        await listener.join(ann.team, **({} if after is None else {"after": after}))
    for task in writing:
        task.cancel()
    await asyncio.gather(*writing, return_exceptions=True)
    [last] = await ann.write("the last")
    await listener.up_to(ann.team, last)
    seen: int | None = None
    joins = 0
    for name, payload in listener.got:
        if name == "ack join":
            assert [e["seq"] for e in payload["events"]] in ([], list(range(1, payload["seq"] + 1)))
            assert seen is None or payload["seq"] >= seen
            seen, joins = payload["seq"], joins + 1
        elif name == "note.made":
            assert seen is None or payload["seq"] == seen + 1
            seen = payload["seq"]
    assert joins == 60
    assert seen == last


async def _write_on(who: Someone) -> None:
    for n in range(200):
        await who.write(str(n))


async def test_two_joins_at_once_leave_one_place_in_the_room(ann: Someone, listen: Listen):
    listener = await listen(ann)
    await asyncio.gather(*(listener.join(ann.team) for _ in range(5)))
    await ann.write("once")
    await ann.write("and again")
    await listener.up_to(ann.team, 2)
    assert listener.seqs(ann.team) == [1, 2]


async def test_while_the_log_cannot_be_read_a_join_says_so_and_works_again_after(
    ann: Someone, listen: Listen, database_url: str
):
    listener = await listen(ann)
    conn = await asyncpg.connect(database_url)
    async with conn.transaction():
        await conn.execute("LOCK TABLE stream IN ACCESS EXCLUSIVE MODE")
        assert await listener.join(ann.team) == {"ok": False, "code": "database_busy"}
    await conn.close()
    assert (await listener.join(ann.team))["ok"] is True
    await ann.write("heard")
    await listener.up_to(ann.team, 1)


async def test_who_read_the_log_before_a_room_was_opened_here_gets_what_was_told_since(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    """Two come to a new process at once; the one that read less is let in last, and nothing happens afterwards."""
    at, bob = await sockets_with(), ann.colleague("Bob")
    has_read, goes_on = asyncio.Event(), asyncio.Event()
    read = join.read

    async def held_up(connection: Connection, asked: list[join.JoinIn]) -> Any:
        found = await read(connection, asked)
        if connection.actor.id == bob.actor.id:
            has_read.set()
            await goes_on.wait()
        return found

    monkeypatch.setattr(join, "read", held_up)
    connecting = asyncio.ensure_future(listen(bob, at=at))
    await has_read.wait()
    await ann.write("meanwhile", "and more")
    quick = await listen(ann, at=at)
    goes_on.set()
    late = await connecting
    await late.up_to(ann.team, 2)
    await ann.write("live")
    for listener in (late, quick):
        await listener.up_to(ann.team, 3)
    assert (late.seqs(ann.team), quick.seqs(ann.team)) == ([1, 2, 3], [3])
