"""Clients that mean no good are told why and closed; everybody else gets every event."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from yarl import URL

from tests.realtime.conftest import Listen
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone
from tests.realtime.raw import POLLING, Poller, enter, entered, heard, is_of_the_machine, knocking, rest

DEEP = '42["leave",' + "[" * 20_000 + "]" * 20_000 + "]"
MALFORMED = {
    "nothing": "",
    "no packet": "hello",
    "a ping": "2",
    "an upgrade": "5",
    "an unknown engine.io packet": "9",
    "a message with nothing in it": "4",
    "an unknown socket.io packet": '47["x"]',
    "an error of the server's": '44{"message":"no"}',
    "JSON at engine.io's level": "4" + "[" * 20_000,
    "half an event": '42["leave",{"room":',
    "an event without a name": "42[]",
    "an event that is no list": '42{"a":1}',
    "an event with a number for a name": "42[7]",
    "deep JSON": DEEP,
    "a number without end": '42["leave",' + "9" * 50_000 + "]",
    "a binary event": '451-["leave",{"_placeholder":true,"num":0}]',
    "ten thousand million attachments": '459999999999-["leave"]',
    "attachments of an event": '421-["leave",{"_placeholder":true,"num":0}]',
    "base64": "bAAAA",
}
CLOSED = '42["closed",{"code":"%s"}]'
pytestmark = pytest.mark.usefixtures("patient_goodbyes")


@pytest.fixture
async def neighbour(ann: Someone, listen: Listen) -> AsyncIterator[Listener]:
    """Somebody in the same room who keeps to the rules: in the end they have heard everything, once and in order."""
    quiet = await listen(ann)
    yield quiet
    [last] = await ann.write("after it all")
    await quiet.up_to(ann.team, last)
    assert quiet.seqs(ann.team) == list(range(1, last + 1))
    assert quiet.all("closed") == []


async def _writing(ann: Someone) -> None:
    for n in range(100):
        await ann.write(str(n))


@pytest.mark.parametrize("what", MALFORMED)
async def test_what_no_client_sends_closes_the_socket(url: str, ann: Someone, neighbour: Listener, what: str):
    async with entered(url, ann.colleague("Bob").token()) as bad:
        await asyncio.gather(bad.send_str(MALFORMED[what]), _writing(ann))
        assert [m for m in await rest(bad) if not m.startswith('42["note')] == [CLOSED % "message_invalid", "41"]


@pytest.mark.parametrize("what", [name for name in MALFORMED if name not in ("nothing",)])
async def test_and_so_it_does_in_a_post(url: str, ann: Someone, neighbour: Listener, what: str):
    async with Poller.entered(url, ann.colleague("Bob").token()) as bad:
        assert await bad.say(MALFORMED[what]) == 200
        assert [m for m in await bad.rest() if m[0] == "4"] == [CLOSED % "message_invalid", "41"]


async def test_bytes_close_the_socket(url: str, ann: Someone, neighbour: Listener):
    async with entered(url, ann.colleague("Bob").token()) as bad:
        await bad.send_bytes(b"\x00" * 100)
        assert await rest(bad) == [CLOSED % "message_invalid", "41"]


@pytest.mark.parametrize("size", [100_001, 1_000_000])
async def test_a_message_that_is_too_big_closes_the_socket_with_the_word(
    url: str, ann: Someone, neighbour: Listener, size: int
):
    async with entered(url, ann.colleague("Bob").token()) as bad:
        with suppress(ConnectionError):
            await bad.send_str('42["leave","' + "x" * size)
        assert await rest(bad) == [CLOSED % "message_too_big", "41"]
    async with Poller.entered(url, ann.colleague("Bob").token()) as bad:
        assert await bad.say("x" * size) == 200
        assert [m for m in await bad.rest() if m[0] == "4"] == [CLOSED % "message_too_big", "41"]


async def test_a_message_of_the_permitted_size_is_heard(url: str, ann: Someone):
    async with entered(url, ann.token()) as good:
        await good.send_str('421["leave","' + "x" * 99_000 + '"]')
        assert await heard(good) == '431[{"ok":false,"code":"validation_failed"}]'


@pytest.mark.parametrize("packet", ["3", '4315["an ack"]', '42/nowhere,["x"]', "41/nowhere,"])
async def test_a_flood_of_what_is_permitted_closes_the_socket(url: str, ann: Someone, neighbour: Listener, packet: str):
    async with entered(url, ann.colleague("Bob").token()) as bad:
        with suppress(ConnectionError):
            for _ in range(3_000):
                await bad.send_str(packet)
        assert (await rest(bad))[-2:] == [CLOSED % "rate_limited", "41"]


async def test_a_flood_of_websocket_pings_closes_the_socket(url: str, ann: Someone, neighbour: Listener):
    async with entered(url, ann.colleague("Bob").token()) as bad:
        with suppress(ConnectionError):
            for _ in range(3_000):
                await bad.ping(b"x" * 100)
        assert (await rest(bad))[-2:] == [CLOSED % "rate_limited", "41"]


async def test_who_is_not_in_and_sends_nonsense_is_cut(url: str, ann: Someone, neighbour: Listener):
    for nonsense in ('42["join",{"room":"x"}', "nonsense", "40[" * 1_000):
        async with knocking(url) as bad:
            await bad.send_str(nonsense)
            assert await rest(bad) == []


async def test_nobody_tries_tokens_for_long(url: str, ann: Someone, neighbour: Listener):
    async with knocking(url) as bad:
        with suppress(ConnectionError):
            for n in range(50):
                await bad.send_str("40" + json.dumps({"token": f"guess {n}"}))
        said = await rest(bad)
    assert [json.loads(m[2:])["data"]["code"] for m in said] == ["token_invalid"] * 5


async def test_an_unknown_namespace_is_refused_and_nothing_else_happens(url: str, ann: Someone):
    async with entered(url, ann.token()) as good:
        await good.send_str("40/admin,{}")
        assert await heard(good) == '44/admin,"Unable to connect"'
        await good.send_str(f'421["leave",{{"room":"{ann.team}"}}]')
        assert (await heard(good)).startswith('431[{"ok":true')


async def test_to_connect_twice_is_to_be_connected_once(url: str, ann: Someone, neighbour: Listener):
    async with entered(url, ann.token()) as twice:
        await twice.send_str("40" + json.dumps({"token": ann.token()}))
        assert await heard(twice) == '44"Unable to connect"'
        await ann.write("once")
        assert (await heard(twice)).startswith('42["note.made"')


async def test_hundreds_of_polls_of_one_connection_close_it(url: str, ann: Someone, neighbour: Listener):
    async with Poller.entered(url, ann.colleague("Bob").token()) as bad:
        answers = await asyncio.gather(*(bad.poll() for _ in range(500)), _writing(ann), return_exceptions=True)
        said = [m for answer in answers if isinstance(answer, tuple) for m in answer[1].split("\x1e")]
        assert CLOSED % "rate_limited" in said
        assert (await bad.poll())[0] == 400


async def test_who_goes_on_after_its_own_goodbye_is_no_error_of_ours(url: str, ann: Someone):
    async with Poller.entered(url, ann.token()) as gone:
        assert await gone.say("1") == 200
        assert await gone.say("3") == 200
        assert await gone.poll() == (200, "")
        assert [await gone.say("3"), (await gone.poll())[0]] == [400, 400]


async def test_half_a_post_ends_the_connection(url: str, ann: Someone):
    async with Poller.entered(url, ann.token()) as half:
        at = URL(half.address)
        _, writer = await asyncio.open_connection(at.host, at.port)
        head = f"POST {at.raw_path_qs} HTTP/1.1\r\nHost: {at.authority}\r\nContent-Length: 100\r\n\r\n"
        writer.write(head.encode() + b'421["leave"')
        await writer.drain()
        writer.close()
        assert await half.poll() == (200, "")
        assert (await half.poll())[0] == 400


async def test_a_half_open_upgrade_keeps_nothing_and_costs_nothing(url: str, ann: Someone, neighbour: Listener):
    async with Poller.entered(url, ann.colleague("Bob").token()) as half:
        upgrade = half.address.replace("transport=polling", "transport=websocket")
        async with half.session.ws_connect(upgrade):
            for _ in range(20):
                with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                    await half.session.ws_connect(upgrade)
                assert refused.value.status == 400
            polled = [text for _ in range(3) for text in (await half.poll())[1].split("\x1e")]
            assert {one for one in polled if not is_of_the_machine(one)} == {"6"}
            await _writing(ann)
        async with half.session.ws_connect(upgrade) as socket:  # given up, it may be tried again
            await socket.send_str("2probe")
            assert await heard(socket) == "3probe"
            await socket.send_str("5")
            seqs = []
            while len(seqs) < 100:
                message = await heard(socket)
                if message.startswith('42["note.made"'):
                    seqs.append(json.loads(message[2:])[1]["seq"])
            assert seqs == list(range(1, 101))


async def test_who_shows_no_token_in_time_is_closed(ann: Someone, sockets_with: Callable[..., Any]):
    at = await sockets_with(socket_token_seconds=3)
    async with knocking(at) as good, aiohttp.ClientSession() as session:
        await enter(good, ann.token())
        async with session.get(at + POLLING) as answer:
            sid = json.loads((await answer.text())[1:])["sid"]
        async with knocking(at) as refused, knocking(at) as silent:  # who came last is the last to be closed
            await refused.send_str('40{"token":"nonsense"}')
            assert await rest(silent) == []
            assert len(await rest(refused)) == 1
        async with session.get(f"{at}{POLLING}&sid={sid}") as answer:
            assert answer.status == 400
        await ann.write("for who is in")
        assert (await heard(good)).startswith('42["note.made"')


async def test_joins_and_questions_have_a_limit(ann: Someone, listen: Listen, neighbour: Listener):
    bob = await listen(ann.colleague("Bob"))
    answers = await asyncio.gather(*(bob.join(f"project:{ann.actor.id}") for _ in range(300)))
    assert answers[0] == {"ok": False, "code": "not_found"}
    assert answers.count({"ok": False, "code": "rate_limited"}) in range(1, 51)
    assert answers[:250].count({"ok": False, "code": "rate_limited"}) == 0


async def test_a_socket_is_in_so_many_rooms_at_once(ann: Someone, listen: Listen, sockets_with: Callable[..., Any]):
    listener = await listen(ann, at=await sockets_with(rooms_per_socket=2))
    other = f"project:{ann.actor.id}"
    assert await listener.join(other) == {"ok": False, "code": "too_many_rooms"}
    assert (await listener.join(ann.team))["ok"] is True  # once more the same
    await listener.ask("leave", room=ann.team)
    assert await listener.join(other) == {"ok": False, "code": "not_found"}
    assert (await listener.join(ann.team))["ok"] is True
