"""A client that writes down everything it receives, byte for byte and in order, and keeps the contract's whole rule."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
import msgspec

PATIENCE = 15.0
RETRY_SECONDS = 0.05
OVER = ("closed", "room.closed", "room.reset")


class Told(msgspec.Struct):
    """What the rule needs of an event."""

    room: str = ""
    seq: int = 0


class Answer(msgspec.Struct):
    """The acknowledgement of `join`, its events as the bytes that came."""

    ok: bool
    room: str = ""
    epoch: str = ""
    seq: int = 0
    events: list[msgspec.Raw] = field(default_factory=list)
    reset: bool = False
    code: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One thing that came, or that the client did, in the order in which it happened."""

    kind: Literal["connected", "asked", "answered", "event", "over", "snapshot", "gone", "left"]
    name: str = ""  # of an event; the room of `asked`, `answered` and `snapshot`
    raw: str = ""  # the payload's very text
    said: dict[str, Any] = field(default_factory=dict)
    ack: int = 0


_told = msgspec.json.Decoder(Told)
_answers = msgspec.json.Decoder(list[Answer])


class Receiver:
    """One person's client in one project's room, over as many connections as it takes."""

    def __init__(self, servers: list[str], token: str, board: dict[str, Any], *, buffer: int = 0) -> None:
        self.servers, self.token = servers, token
        self.room, self.epoch, self.seq = board["room"], board["epoch"], board["seq"]
        self.start = (self.epoch, self.seq)
        self.receipts: list[Receipt] = []
        self.connections = 0
        self.snapshots = self.bridged = 0
        self.ended = ""  # the code that told it to stay away
        self.reading = asyncio.Event()
        self.reading.set()
        self._buffer = buffer
        self._acks = itertools.count(1)
        self._asked: dict[int, dict[str, Any]] = {}
        self._leaving: dict[int, str] = {}
        self._moved = asyncio.Event()
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    # ---- for the test ----

    async def until(self, what: str, holds: Any, seconds: float = 60) -> None:
        """Wait until it holds of this client."""
        try:
            async with asyncio.timeout(seconds):
                while not holds(self):
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            raise AssertionError(f"not {what} in {seconds} s: at {self.seq}, {self.receipts[-3:]}") from None

    async def joined(self) -> None:
        await self.until("joined", lambda me: me.has("answered"))

    async def reached(self, epoch: str, seq: int, seconds: float = 60) -> None:
        """Wait until the client has everything up to here."""
        await self.until(f"at {seq}", lambda me: me.ended or (me.epoch == epoch and me.seq >= seq), seconds)

    @property
    def waiting(self) -> int:
        """How many of its joins are not answered yet."""
        return len(self._asked)

    def has(self, kind: str, name: str = "") -> bool:
        return any(r.kind == kind and name in ("", r.name) for r in self.receipts)

    def told(self, name: str) -> list[dict[str, Any]]:
        """The payloads of what came by this name."""
        return [json.loads(r.raw) for r in self.receipts if r.kind in ("event", "over") and r.name == name]

    async def ask(self, room: str, **said: Any) -> None:
        """Say `join`; the answer will be written down."""
        number, asked = next(self._acks), {"room": room, **said}
        self._asked[number] = asked
        self._note(Receipt("asked", room, said=asked, ack=number))
        await self._say(f"42{number}" + json.dumps(["join", asked]))

    async def leave(self, room: str) -> None:
        """Say `leave`; that it was heard will be written down."""
        number = next(self._acks)
        self._leaving[number] = room
        await self._say(f"42{number}" + json.dumps(["leave", {"room": room}]))

    async def drop(self) -> None:
        """Break the connection without a word."""
        connection = self._socket and self._socket._response.connection
        if connection and connection.transport:
            connection.transport.abort()

    # ---- its life ----

    async def run(self) -> None:
        """Stay in the room whatever happens; ends when told to stay away, or by being cancelled."""
        async with aiohttp.ClientSession(connector=self._connector()) as session:
            for url in itertools.cycle(self.servers):
                try:
                    await self._stay(session, url)
                except (aiohttp.ClientError, OSError, TimeoutError, msgspec.DecodeError):
                    pass
                finally:
                    self._note(Receipt("gone"))
                if self.ended:
                    return
                await asyncio.sleep(RETRY_SECONDS)

    def _connector(self) -> aiohttp.TCPConnector:
        if not self._buffer:
            return aiohttp.TCPConnector()

        def small(address: Any) -> socket.socket:
            made = socket.socket(address[0], address[1], address[2])
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
            return made

        return aiohttp.TCPConnector(socket_factory=small)

    async def _stay(self, session: aiohttp.ClientSession, url: str) -> None:
        async with asyncio.timeout(PATIENCE):
            self._socket = connection = await session.ws_connect(
                f"{url}/socket.io/?EIO=4&transport=websocket", max_msg_size=0, autoclose=False
            )
        self._asked.clear()
        self._leaving.clear()
        async with connection:
            self._note(Receipt("connected", url))
            await self._say("40" + json.dumps({"token": self.token}))
            while True:
                await self.reading.wait()
                message = await connection.receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                if not await self._take(message.data, session, url):
                    return

    async def _say(self, text: str) -> None:
        assert self._socket is not None
        await self._socket.send_str(text)

    async def _take(self, text: str, session: aiohttp.ClientSession, url: str) -> bool:
        """One message; False when it ends the connection."""
        if text == "2":
            await self._say("3")
        elif text.startswith("42"):
            name_ends = text.index('"', 4)
            return await self._heard(text[4:name_ends], text[name_ends + 2 : -1], session, url)
        elif text.startswith("43"):
            at = text.index("[")
            await self._answered(int(text[2:at]), text[at:], session, url)
        elif text.startswith(("41", "44", "1")):
            self._note(Receipt("over", "refused" if text[1:2] == "4" else "closed", text[2:] or "{}"))
            return False
        return True

    async def _heard(self, name: str, raw: str, session: aiohttp.ClientSession, url: str) -> bool:
        self._note(Receipt("over" if name in OVER else "event", name, raw))
        if name == "ready":
            self.connections += 1
            await self.ask(self.room, after=self.seq, epoch=self.epoch)
        elif name == "closed":
            code = json.loads(raw)["code"]
            self.ended = code if code in ("token_revoked", "token_expired") else ""
            return False
        else:
            told = _told.decode(raw)
            if told.room == self.room:
                await self._in_room(name, told, session, url)
        return True

    async def _in_room(self, name: str, told: Told, session: aiohttp.ClientSession, url: str) -> None:
        if name == "room.closed":
            self.ended = json.loads(self.receipts[-1].raw)["code"]
        elif name == "room.reset":
            await self.load(session, url)
            await self.ask(self.room, after=self.seq, epoch=self.epoch)
        elif told.seq == self.seq + 1:
            self.seq += 1

    async def _answered(self, number: int, raw: str, session: aiohttp.ClientSession, url: str) -> None:
        if room := self._leaving.pop(number, ""):
            self._note(Receipt("left", room, raw))
            return
        asked = self._asked.pop(number)
        self._note(Receipt("answered", asked["room"], raw, asked, number))
        [answer] = _answers.decode(raw)
        if asked["room"] != self.room:
            return
        if not answer.ok:
            self.ended = answer.code if answer.code == "not_found" else ""
            return
        if answer.reset:
            await self.load(session, url)
            await self.ask(self.room, after=self.seq, epoch=self.epoch)
        elif answer.epoch == self.epoch:
            self.bridged += bool(answer.events)
            self.seq = max(self.seq, answer.seq)

    async def load(self, session: aiohttp.ClientSession, url: str) -> None:
        """Begin anew from the project's board."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with session.get(f"{url}/api/projects/{self.room[8:]}/board", headers=headers) as answer:
            raw = await answer.text()
            if answer.status != 200:
                raise aiohttp.ClientError(raw)
        board = json.loads(raw)
        self.epoch, self.seq = board["epoch"], board["seq"]
        self.snapshots += 1
        self._note(Receipt("snapshot", self.room, raw))

    def _note(self, receipt: Receipt) -> None:
        self.receipts.append(receipt)
        self._moved.set()
