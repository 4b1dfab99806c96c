"""What a client gets, it gets in the order in which it was decided: events of all rooms, answers, pings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
from prometheus_client import REGISTRY

from realtime.delivery import PER_TURN
from server.core import announce
from tests.helpers.patience import PATIENCE_SECONDS
from tests.realtime import raw
from tests.realtime.conftest import Listen
from tests.realtime.listener import Listener
from tests.realtime.notes import NoteForbidden, NoteMade, Someone

EVERY_WAY = [["websocket"], ["polling"], ["polling", "websocket"]]
Sockets = Callable[..., Any]


def _received(listener: Listener) -> list[tuple[str, int]]:
    return [(payload["room"], payload["seq"]) for name, payload in listener.got if name == "note.sent"]


async def test_events_of_several_rooms_come_to_every_client_in_the_order_of_their_commits(
    ann: Someone, listen: Listen, sockets_with: Sockets
):
    at = await sockets_with(room_poll_seconds=60)  # a look at the log brings them by room
    clients = [await listen(ann, at=at, transports=transports) for transports in EVERY_WAY]
    committed = [told for n in range(60) for told in await ann.send(str(n), to=ann)]
    assert {room for room, _ in committed} == {ann.team, ann.own}
    for client, transports in zip(clients, EVERY_WAY, strict=True):
        await client.up_to(*committed[-1])
        assert _received(client) == committed, transports
        assert client.socket.transport() == transports[-1]


@pytest.mark.parametrize("transports", EVERY_WAY)
async def test_answers_stand_where_they_were_given_among_events_of_two_rooms(
    ann: Someone, listen: Listen, transports: list[str]
):
    """Joins in both rooms while both are written to: each answer is followed by exactly what comes next there."""
    listener = await listen(ann, transports=transports)
    done = asyncio.Event()
    writing = asyncio.create_task(_send_on(ann, done))
    asked = [listener.join((ann.team, ann.own)[n % 2], **({"after": 0} if n % 3 else {})) for n in range(40)]
    answers = await asyncio.gather(*asked)
    done.set()
    await writing
    last = await ann.send("the last", to=ann)
    for room, seq in last:
        await listener.up_to(room, seq)
    assert listener.all("ack join") == answers  # in the order in which they were asked for
    seen: dict[str, int] = {}
    for name, payload in listener.got:
        if name == "ack join":
            assert payload["ok"]
            assert seen.get(payload["room"], 0) <= payload["seq"]
            seen[payload["room"]] = payload["seq"]
        elif name == "note.sent" and payload["room"] in seen:
            assert payload["seq"] == seen[payload["room"]] + 1
            seen[payload["room"]] = payload["seq"]
    assert seen == dict(last)


async def _send_on(who: Someone, done: asyncio.Event) -> None:
    while not done.is_set():
        await who.send("more", to=who)


async def test_what_goes_to_one_socket_alone_stands_behind_the_events_before_it(ann: Someone, listen: Listen):
    """Each right is taken away behind fifty events of the same transaction, and nothing follows it."""
    clients = [await listen(ann, transports=transports) for transports in EVERY_WAY]
    notes = [NoteMade(text=str(n)) for n in range(50)]
    await ann.record_all(*notes, NoteForbidden(ends_room=ann.team, code="permission_denied"))
    for client, transports in zip(clients, EVERY_WAY, strict=True):
        closed = await client.heard("room.closed")
        assert closed == {"room": ann.team, "seq": 51, "code": "permission_denied"}
        assert client.names == ["ready", *["note.made"] * 50, "room.closed"], transports
        assert client.seqs(ann.team) == list(range(1, 51))


async def test_events_during_the_upgrade_are_neither_lost_nor_doubled(ann: Someone, listen: Listen):
    done = asyncio.Event()
    writing = asyncio.create_task(_send_on(ann, done))
    listeners = [await listen(ann, transports=["polling", "websocket"]) for _ in range(20)]
    done.set()
    await writing
    [last] = await ann.write("the last")
    for listener in listeners:
        await listener.up_to(ann.team, last)
        first = listener.all("ready")[0]["rooms"][ann.team]["seq"] + 1
        assert listener.seqs(ann.team) == list(range(first, last + 1))


async def test_both_kinds_of_ping_are_answered_in_their_place(url: str, ann: Someone):
    async with raw.entered(url, ann.token(), autoping=False) as client:
        for n in range(20):
            await client.send_str(f'42{n}["nonsense"]')
            await client.ping(str(n).encode())
            await client.send_str("3")  # the answer to a ping: nothing comes back
        heard: list[Any] = []
        while len(heard) < 40:
            message = await client.receive(timeout=PATIENCE_SECONDS)
            if message.type is not aiohttp.WSMsgType.TEXT:
                heard.append(int(bytes(message.data)))
            elif not raw.is_of_the_machine(message.data):
                heard.append(message.data)
        refusal = json.dumps({"ok": False, "code": "unknown_message"}, separators=(",", ":"))
        assert heard == [said for n in range(20) for said in (f"43{n}[{refusal}]", n)]


async def test_a_room_of_more_sockets_than_one_turn_serves_gets_everything_in_order(ann: Someone, url: str):
    async with AsyncExitStack() as stack:
        crowd = [await stack.enter_async_context(raw.entered(url, ann.token())) for _ in range(2 * PER_TURN + 1)]
        for n in range(10):
            await ann.write(*[str(n)] * 3)
        for client in crowd:
            said = [await raw.heard(client) for _ in range(30)]
            assert [json.loads(one.removeprefix("42"))[1]["seq"] for one in said] == list(range(1, 31))


async def test_the_first_of_a_room_are_told_before_the_one_who_wrote_is_answered(ann: Someone, listen: Listen):
    """Whoever is told of a commit after the sockets finds the event on its way already."""
    await listen(ann)
    before, told = _deliveries(), list[float]()
    end = announce.listen(lambda entries: told.append(_deliveries()))
    try:
        await ann.write("one")
    finally:
        end()
    assert len(told) == 1
    assert told[0] > before


def _deliveries() -> float:
    return REGISTRY.get_sample_value("mediaflow_deliveries_total") or 0
