"""A client that takes events more slowly than they come."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
from prometheus_client import REGISTRY

from tests.realtime.conftest import Listen
from tests.realtime.notes import Someone
from tests.realtime.raw import entered, heard, rest

SEQ = re.compile(r'^42\["note\.made",\{"seq":(\d+),')


async def _write(who: Someone, count: int, size: int) -> None:
    for _ in range(count // 50):
        await who.write(*["x" * size] * 50)


async def test_it_gets_everything_in_order_and_costs_the_others_nothing(url: str, ann: Someone, listen: Listen):
    lagged = REGISTRY.get_sample_value("mediaflow_sockets_lagged_total") or 0
    async with entered(url, ann.token()) as slow:
        quick = await listen(ann)
        await _write(ann, 2_000, 8_000)
        await quick.up_to(ann.team, 2_000, seconds=60)
        assert quick.seqs(ann.team) == list(range(1, 2_001))
        seqs: list[int] = []
        while not seqs or seqs[-1] < 2_000:
            if found := SEQ.match(await heard(slow)):
                seqs.append(int(found[1]))
        assert seqs == list(range(1, 2_001))
        await ann.write("live again")
        while not (found := SEQ.match(await heard(slow))):
            pass
        assert int(found[1]) == 2_001
    assert (REGISTRY.get_sample_value("mediaflow_sockets_lagged_total") or 0) > lagged


async def test_one_that_takes_nothing_at_all_is_cut(ann: Someone, listen: Listen, sockets_with: Callable[..., Any]):
    """And nobody else, who may lag for a moment: it takes more than a machine that stands still for some seconds."""
    at = await sockets_with(slow_client_seconds=6)
    bob = ann.colleague("Bob")
    async with entered(at, bob.token()) as slow:
        quick = await listen(ann, at=at)
        assert len((await quick.ask("presence", room=ann.team))["members"]) == 2
        await _write(ann, 2_000, 8_000)
        assert (await quick.heard("presence.left"))["name"] == "Bob"
        await quick.up_to(ann.team, 2_000, seconds=60)
        assert await _last_seq(slow) < 2_000


async def test_what_waits_for_one_that_takes_nothing_is_bounded_in_bytes(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any]
):
    """Answers are not left out as events are: who asks and never reads is cut at the hard limit, long before time."""
    at = await sockets_with(slow_client_most_bytes=200_000, slow_client_seconds=600)
    await _write(ann, 50, 8_000)
    quick, bob = await listen(ann, at=at), ann.colleague("Bob")
    cut = _closed("too_slow")
    async with entered(at, bob.token()) as slow:
        with suppress(aiohttp.ClientConnectionResetError):
            for n in range(100):  # 400 KB each
                await slow.send_str(f'42{n}["join",{{"room":"{ann.team}","after":0}}]')
        assert (await quick.ask("presence", room=ann.team))["ok"]
        while _closed("too_slow") == cut:  # it may be cut already, and be counted a moment later
            with suppress(aiohttp.ClientConnectionResetError):
                await slow.send_str("3")
            await asyncio.sleep(0.01)
    await ann.write("heard")
    await quick.up_to(ann.team, 51)
    assert quick.all("closed") == []


async def test_who_comes_back_to_many_rooms_gets_the_answers_as_fast_as_it_takes_them(url: str, ann: Someone):
    """All its joins at once, and more missed in them than may ever wait for it."""
    for _ in range(5):
        await ann.write(*["x" * 9_000] * 10)
    async with entered(url, ann.token()) as slow:
        for n in range(40):
            await slow.send_str(f'42{n}["join",{{"room":"{ann.team}","after":0}}]')
        await asyncio.sleep(1)  # it does not look yet; nothing is said of how far the server has come
        answered = []
        while len(answered) < 40:
            said = await heard(slow)
            answered += [said[2:].partition("[")[0]] if said.startswith("43") else []
        assert answered == [str(n) for n in range(40)]


@pytest.mark.parametrize("most", [50_000, 1_000_000])
async def test_a_client_that_polls_too_seldom_is_measured_alike(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any], most: int
):
    """Its packets wait on our side: few, since it lags, or none, since it is cut; it can go on in either case."""
    at = await sockets_with(slow_client_most_bytes=most, slow_client_lag_bytes=60_000, slow_client_seconds=600)
    async with aiohttp.ClientSession() as session:
        address = f"{at}/socket.io/?EIO=4&transport=polling"
        async with session.get(address) as opened:
            address += "&sid=" + json.loads((await opened.text())[1:])["sid"]
        async with session.post(address, data="40" + json.dumps({"token": ann.token()})) as said:
            assert said.status == 200
        quick = await listen(ann.colleague("Bob"), at=at)
        assert len((await quick.ask("presence", room=ann.team))["members"]) == 2
        await _write(ann, 200, 8_000)
        seqs: list[int] = []
        while len(seqs) < 200:
            async with session.get(address) as polled:
                if polled.status != 200:
                    break
                seqs += [int(m[1]) for text in (await polled.text()).split("\x1e") if (m := SEQ.match(text))]
        if most > 60_000:
            assert seqs == list(range(1, 201))
        else:
            assert seqs == []
            assert (await quick.heard("presence.left"))["name"] == "Ann"


def _closed(code: str) -> float:
    return REGISTRY.get_sample_value("mediaflow_sockets_closed_total", {"code": code}) or 0


@pytest.mark.usefixtures("patient_goodbyes")
async def test_a_flood_of_messages_closes_its_socket_and_nobody_elses(ann: Someone, listen: Listen, url: str):
    quiet = await listen(ann)
    async with entered(url, ann.colleague("Bob").token()) as loud:
        with suppress(aiohttp.ClientConnectionResetError):
            for n in range(3_000):
                await loud.send_str(f'42{n}["leave",{{"room":"{ann.team}"}}]')
        answers = await rest(loud)
        assert answers[-2:] == ['42["closed",{"code":"rate_limited"}]', "41"]
        assert answers[-3].endswith('[{"ok":false,"code":"rate_limited"}]')
    await ann.write("heard")
    await quiet.up_to(ann.team, 1)
    assert quiet.all("closed") == []


async def _last_seq(socket: aiohttp.ClientWebSocketResponse) -> int:
    return max((int(found[1]) for said in await rest(socket) if (found := SEQ.match(said))), default=0)
