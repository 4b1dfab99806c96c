"""How a client gets in, and what it is told first."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import aiohttp
import pytest

from realtime.incoming import WebSocket
from realtime.sockets import Socket
from server.config import Settings
from server.core import announce
from server.core.announce import Entry
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.processes import until
from tests.realtime.conftest import Listen, run_sockets
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone
from tests.realtime.raw import entered


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        (None, "token_invalid"),
        ({}, "token_invalid"),
        ({"token": 7}, "token_invalid"),
        ({"token": "nonsense"}, "token_invalid"),
        ({"token": "a.b.c"}, "token_invalid"),
    ],
)
async def test_who_brings_no_good_token_is_told_why(url: str, auth: object, code: str):
    refusal = await Listener().refused(url, auth)
    assert refusal["data"] == {"code": code}


async def test_an_expired_and_a_revoked_token_have_their_own_codes(url: str, ann: Someone):
    assert (await Listener().refused(url, {"token": ann.token(life=-1)}))["data"] == {"code": "token_expired"}
    revoked = ann.token(code="token_revoked")
    assert (await Listener().refused(url, {"token": revoked}))["data"] == {"code": "token_revoked"}


async def test_ready_says_where_the_home_rooms_stand_and_events_go_on_from_there(ann: Someone, listen: Listen):
    await ann.write("one", "two")
    listener = await listen(ann)
    [ready] = listener.all("ready")
    epochs = {room: stand["epoch"] for room, stand in ready["rooms"].items()}
    assert ready == {
        "session": str(ann.actor.session_id),
        "user": {"id": str(ann.actor.id), "name": "Ann"},
        "rooms": {
            ann.own: {"epoch": epochs[ann.own], "seq": 0},
            ann.team: {"epoch": epochs[ann.team], "seq": 2},
        },
    }
    assert all(epochs.values())
    await ann.write("three")
    heard = await listener.heard("note.made")
    assert heard == {
        "seq": 3,
        "id": heard["id"],
        "room": ann.team,
        "type": "note.made",
        "at": heard["at"],
        "actor": {"kind": "user", "id": str(ann.actor.id), "name": "Ann"},
        "subject": {"kind": "note", "id": heard["subject"]["id"], "version": 1},
        "data": None,
        "changes": {},
        "detail": {"text": "three"},
    }
    again = await listen(ann)
    assert {r: s["epoch"] for r, s in again.all("ready")[0]["rooms"].items()} == epochs


@pytest.mark.parametrize("transports", [["polling", "websocket"], ["polling"]])
async def test_long_polling_and_the_upgrade_hear_the_same_in_order(ann: Someone, listen: Listen, transports: list[str]):
    listener = await listen(ann, transports=transports)
    for n in range(30):
        await ann.write(str(n))
    await listener.up_to(ann.team, 30)
    assert listener.seqs(ann.team) == list(range(1, 31))
    assert listener.socket.transport() == transports[-1]


async def test_an_unknown_message_is_refused_and_nothing_else_happens(ann: Someone, listen: Listen):
    listener = await listen(ann)
    assert await listener.ask("nonsense", room=ann.team) == {"ok": False, "code": "unknown_message"}
    assert await listener.ask("join", romm=ann.team) == {"ok": False, "code": "validation_failed"}
    assert await listener.ask("join", room=ann.team, after="3") == {"ok": False, "code": "validation_failed"}
    await ann.write("still here")
    assert (await listener.heard("note.made"))["seq"] == 1


async def test_a_page_of_another_origin_is_kept_out(url: str):
    query = "/socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession() as session:
        async with session.get(url + query, headers={"Origin": "https://elsewhere.example"}) as answer:
            assert answer.status == 400
        async with session.get(url + query, headers={"Origin": url}) as answer:
            assert answer.status == 200
            assert answer.headers["Access-Control-Allow-Origin"] == url


async def test_nothing_is_compressed(url: str, ann: Someone):
    offer = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url + "/socket.io/?EIO=4&transport=websocket", headers=offer) as socket:
            assert socket._response.headers.get("Sec-WebSocket-Extensions") is None


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]])
async def test_a_server_that_stops_says_so_and_official_clients_come_back_by_themselves(
    url: str, config: Settings, ann: Someone, transports: list[str]
):
    runner = await run_sockets(config)
    port = runner.addresses[0][1]
    listener = Listener(reconnection=True)
    await listener.connect(f"http://127.0.0.1:{port}", ann.token(), transports)
    await runner.cleanup()
    assert await listener.heard("closed") == {"code": "server_shutdown"}
    again = await run_sockets(config, port)
    await listener.heard("ready", 2)
    await listener.close()
    await again.cleanup()


@pytest.mark.parametrize("cut", [False, True])
async def test_all_that_a_connection_held_is_freed_as_it_ends(url: str, ann: Someone, cut: bool):
    """By the last reference: a crowd that leaves must not wait in memory for the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        earlier = WeakSet(_connections())
        async with entered(url, ann.token()) as socket:
            held = WeakSet(one for one in _connections() if one not in earlier)
            assert {Socket, WebSocket} == set(map(type, held))
            if cut:
                socket._writer.transport.abort()  # pyright: ignore[reportPrivateUsage] - no client does that politely

        async def are_freed() -> bool:
            return not held

        await until(are_freed)
    finally:
        gc.enable()


def _connections() -> list[Socket | WebSocket]:
    return [one for one in gc.get_objects() if isinstance(one, Socket | WebSocket)]


async def test_one_whose_transport_has_just_ended_costs_the_others_of_its_room_nothing(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    """For a turn of the loop a transport is closed, and writing to it raises, while its connection does not know.

    Nobody looks at the log, nor says that the bus is late: either would be written between.
    """
    at = await sockets_with(redis_url="", room_poll_seconds=600, room_poll_degraded_seconds=600)
    earlier = WeakSet(_connections())
    async with entered(at, ann.token()) as socket:
        [cut] = [one for one in _connections() if one not in earlier and isinstance(one, Socket)]
        other, seq = await listen(ann.colleague("Bob"), at=at), 0  # behind it in the room
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (transport := cut.shortcut.transport) is None:
                [seq] = await ann.write("both are told")
                await other.up_to(ann.team, seq)
        untold: list[Entry] = []
        with monkeypatch.context() as patch:
            patch.setattr(announce, "_listeners", [untold.extend])
            await ann.write("told in a moment")
        transport.abort()
        await asyncio.sleep(0)  # it is lost now, which its reader learns in the next turn
        with pytest.raises(RuntimeError):
            transport.write(b"anything")
        assert cut.shortcut.transport is transport
        announce.announce(untold)
        assert cut.shortcut.transport is None
        await other.up_to(ann.team, seq + 1)
        await socket.close()
    assert "a delivery failed" not in caplog.text
