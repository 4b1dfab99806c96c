"""A client that takes events more slowly than they come."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import aiohttp
from prometheus_client import REGISTRY

from tests.realtime.conftest import Listen
from tests.realtime.notes import Someone

SEQ = re.compile(r'^42\["note\.made",\{"seq":(\d+),')


@asynccontextmanager
async def _raw(url: str, token: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A WebSocket that has connected, and reads nothing unless it is told to."""
    async with aiohttp.ClientSession() as session:
        address = f"{url}/socket.io/?EIO=4&transport=websocket"
        async with session.ws_connect(address, max_msg_size=0, autoclose=False) as socket:
            await socket.receive()
            await socket.send_str("40" + json.dumps({"token": token}))
            while not (await socket.receive_str()).startswith('42["ready"'):
                pass
            yield socket


async def _write(who: Someone, count: int, size: int) -> None:
    for _ in range(count // 50):
        await who.write(*["x" * size] * 50)


async def test_it_gets_everything_in_order_and_costs_the_others_nothing(url: str, ann: Someone, listen: Listen):
    lagged = REGISTRY.get_sample_value("mediaflow_sockets_lagged_total") or 0
    async with _raw(url, ann.token()) as slow:
        quick = await listen(ann)
        await _write(ann, 2_000, 8_000)
        await quick.up_to(ann.team, 2_000, seconds=20)
        assert quick.seqs(ann.team) == list(range(1, 2_001))
        seqs: list[int] = []
        while not seqs or seqs[-1] < 2_000:
            if found := SEQ.match(await slow.receive_str(timeout=20)):
                seqs.append(int(found[1]))
        assert seqs == list(range(1, 2_001))
        await ann.write("live again")
        while not (found := SEQ.match(await slow.receive_str(timeout=5))):
            pass
        assert int(found[1]) == 2_001
    assert (REGISTRY.get_sample_value("mediaflow_sockets_lagged_total") or 0) > lagged


async def test_one_that_takes_nothing_at_all_is_cut(ann: Someone, listen: Listen, sockets_with: Callable[..., Any]):
    at = await sockets_with(slow_client_seconds=0.5)
    bob = ann.colleague("Bob")
    async with _raw(at, bob.token()) as slow:
        quick = await listen(ann, at=at)
        assert len((await quick.ask("presence", room=ann.team))["members"]) == 2
        await _write(ann, 2_000, 8_000)
        assert (await quick.heard("presence.left"))["name"] == "Bob"
        await quick.up_to(ann.team, 2_000, seconds=20)
        assert await _last_seq(slow) < 2_000


async def test_a_flood_of_messages_closes_its_socket_and_nobody_elses(ann: Someone, listen: Listen, url: str):
    quiet = await listen(ann)
    async with _raw(url, ann.colleague("Bob").token()) as loud:
        with suppress(aiohttp.ClientConnectionResetError):
            for n in range(3_000):
                await loud.send_str(f'42{n}["leave",{{"room":"{ann.team}"}}]')
        answers = [m.data async for m in loud if m.type is aiohttp.WSMsgType.TEXT]
        assert answers[-2:] == ['42["closed",{"code":"rate_limited"}]', "41"]
        assert answers[-3].endswith('[{"ok":false,"code":"rate_limited"}]')
    await ann.write("heard")
    await quiet.up_to(ann.team, 1)
    assert quiet.all("closed") == []


async def _last_seq(socket: aiohttp.ClientWebSocketResponse) -> int:
    last = 0
    while (message := await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
        if found := SEQ.match(message.data):
            last = int(found[1])
    return last
