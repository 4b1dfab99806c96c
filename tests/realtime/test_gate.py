"""Who may connect at all: pages of our own origins, and so many connections of a person and of an address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from tests.realtime.conftest import Listen
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone
from tests.realtime.raw import POLLING, WEBSOCKET, entered, knocking, rest

HERE = {
    "trusted_proxies": ["127.0.0.0/8"],
    "cors_origins": ["https://portal.example"],
    "public_url": "https://app.example",
}


async def _knock(url: str, transport: str, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as session:
        if transport == "polling":
            async with session.get(url + POLLING, headers=headers) as answer:
                return answer.status
        try:
            async with session.ws_connect(url + WEBSOCKET, headers=headers):
                return 200
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser
        ({"Origin": "https://elsewhere.example"}, 400),
        ({"Origin": "null"}, 400),
        ({"Origin": ""}, 200),
        ({"Origin": "app.example"}, 400),
        ({"Origin": "https://app.example"}, 200),
        ({"Origin": "https://portal.example"}, 200),
        ({"Origin": "https://portal.example.elsewhere.example"}, 400),
        ({"Origin": "https://front.example", "Host": "front.example"}, 200),
        ({"Origin": "https://front.example", "X-Forwarded-Host": "front.example"}, 200),
        ({"Origin": "https://front.example", "X-Forwarded-Host": "front.example, inner"}, 200),
        ({"Origin": "https://elsewhere.example", "X-Forwarded-Host": "front.example"}, 400),
    ],
)
async def test_only_pages_of_our_own_origins_may_connect(
    sockets_with: Callable[..., Any], transport: str, headers: dict[str, str], status: int
):
    assert await _knock(await sockets_with(**HERE), transport, headers) == status


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_a_forwarded_host_is_believed_of_trusted_proxies_only(sockets_with: Callable[..., Any], transport: str):
    headers = {"Origin": "https://front.example", "X-Forwarded-Host": "front.example"}
    assert await _knock(await sockets_with(trusted_proxies=[]), transport, headers) == 400


@pytest.fixture
async def capped(sockets_with: Callable[..., Any]) -> str:
    return await sockets_with(
        rate_limits="on", sockets_per_user=2, sockets_per_address=5, trusted_proxies=["127.0.0.1"]
    )


async def test_a_person_has_so_many_connections(ann: Someone, listen: Listen, capped: str):
    bob = ann.colleague("Bob")
    first, _ = await listen(ann, at=capped), await listen(ann, at=capped)
    refusal = await Listener().refused(capped, {"token": ann.token()})
    assert refusal["data"] == {"code": "too_many_connections"}
    await listen(bob, at=capped)
    await first.close()
    again = await listen(ann, at=capped)
    await ann.write("heard")
    await again.up_to(ann.team, 1)


async def test_who_is_refused_or_cut_does_not_count(ann: Someone, capped: str, listen: Listen):
    for _ in range(3):
        assert (await Listener().refused(capped, {"token": ann.token(life=-1)}))["data"] == {"code": "token_expired"}
        async with entered(capped, ann.token()) as bad:
            await bad.send_str("nonsense")
            await rest(bad)
    await listen(ann, at=capped)
    await listen(ann, at=capped)


@pytest.mark.parametrize("transport", ["polling", "websocket"])
async def test_an_address_has_so_many_connections(ann: Someone, capped: str, transport: str):
    there, elsewhere = {"X-Forwarded-For": "203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(knocking(capped, headers=there))
        for _ in range(3):
            assert await _knock(capped, transport, there) == 429
        assert await _knock(capped, transport, elsewhere) == 200
        assert await _knock(capped, transport, {"X-Forwarded-For": "203.0.113.7, 203.0.113.9"}) == 200  # a claim
    assert await _knock(capped, transport, there) == 200


async def test_the_answer_says_why_and_when_to_come_again(capped: str):
    async with AsyncExitStack() as stack:
        for _ in range(5):
            await stack.enter_async_context(knocking(capped))
        async with aiohttp.ClientSession() as session, session.get(capped + POLLING) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (429, "10")
            assert (await answer.json())["code"] == "too_many_connections"


async def test_without_rate_limits_nobody_is_counted(ann: Someone, listen: Listen, sockets_with: Callable[..., Any]):
    at = await sockets_with(rate_limits="off", sockets_per_user=1, sockets_per_address=1)
    for _ in range(3):
        await listen(ann, at=at)
