"""Clients that keep to no protocol: what they send is what the test says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.helpers.patience import PATIENCE_SECONDS

WEBSOCKET, POLLING = "/socket.io/?EIO=4&transport=websocket", "/socket.io/?EIO=4&transport=polling"


@asynccontextmanager
async def knocking(url: str, **options: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A WebSocket that has said nothing yet."""
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(url + WEBSOCKET, max_msg_size=0, autoclose=False, **options) as socket:
            assert (await socket.receive_str()).startswith("0")
            yield socket


@asynccontextmanager
async def entered(url: str, token: str, **options: Any) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A WebSocket that has been let in, and reads nothing more unless it is told to."""
    async with knocking(url, **options) as socket:
        await enter(socket, token)
        yield socket


async def enter(socket: aiohttp.ClientWebSocketResponse, token: str) -> None:
    await socket.send_str("40" + json.dumps({"token": token}))
    while not (await socket.receive_str(timeout=PATIENCE_SECONDS)).startswith('42["ready"'):
        pass


def is_of_the_machine(said: str) -> bool:
    """A ping, or the word that the bus is late: a busy machine brings them anywhere."""
    return said == "2" or said.startswith('42["degraded"')


async def heard(socket: aiohttp.ClientWebSocketResponse) -> str:
    """The next that the server says."""
    while is_of_the_machine(said := await socket.receive_str(timeout=PATIENCE_SECONDS)):
        pass
    return said


async def rest(socket: aiohttp.ClientWebSocketResponse) -> list[str]:
    """What the server still says, up to the end of the connection."""
    said: list[str] = []
    while (message := await socket.receive(timeout=PATIENCE_SECONDS)).type is aiohttp.WSMsgType.TEXT:
        said.append(message.data)
    return [one for one in said if not is_of_the_machine(one)]


class Poller:
    """A client that polls."""

    def __init__(self, session: aiohttp.ClientSession, address: str) -> None:
        self.session, self.address = session, address

    @classmethod
    @asynccontextmanager
    async def entered(cls, url: str, token: str) -> AsyncIterator[Poller]:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            async with session.get(url + POLLING) as answer:
                opened = json.loads((await answer.text())[1:])
            client = cls(session, f"{url}{POLLING}&sid={opened['sid']}")
            await client.say("40" + json.dumps({"token": token}))
            said = ""
            while '42["ready"' not in said:
                said = (await client.poll())[1]
            yield client

    async def say(self, body: str | bytes) -> int:
        async with self.session.post(self.address, data=body) as answer:
            return answer.status

    async def poll(self) -> tuple[int, str]:
        async with self.session.get(self.address) as answer:
            return answer.status, await answer.text()

    async def rest(self) -> list[str]:
        """What the server still says, up to the end of the connection."""
        said: list[str] = []
        while True:
            status, text = await self.poll()
            if status != 200 or not text:
                return [one for one in said if not is_of_the_machine(one)]
            said += text.split("\x1e")
