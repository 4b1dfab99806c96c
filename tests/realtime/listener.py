"""An official client that keeps every receipt in the order of its arrival."""

from __future__ import annotations

import asyncio
from typing import Any

import socketio
from socketio.exceptions import ConnectionError as Refused

from tests.helpers.patience import PATIENCE_SECONDS


class Listener:
    """`python-socketio`'s client; `got` holds (name, payload) of events and ("ack join", answer) of joins, in order."""

    def __init__(self, *, reconnection: bool = False) -> None:
        self.socket = socketio.AsyncClient(reconnection=reconnection, handle_sigint=False)
        self.got: list[tuple[str, Any]] = []
        self._more = asyncio.Event()
        self.socket.on("*", self._keep)
        self.socket.on("connect_error", lambda data: self._keep("connect_error", data))
        self.socket.on("disconnect", lambda *_: self._keep("disconnect"))

    def _keep(self, name: str, payload: Any = None) -> None:
        self.got.append((name, payload))
        self._more.set()

    async def connect(self, url: str, token: Any, transports: list[str] | None = None) -> Listener:
        await self._connect(url, {"token": token}, transports or ["websocket"])
        await self.heard("ready")
        return self

    async def refused(self, url: str, auth: Any) -> Any:
        """Connect in vain; gives what `connect_error` carries."""
        try:
            await self._connect(url, auth, ["websocket"])
        except Refused:
            return self.all("connect_error")[0]
        raise AssertionError("the server let it in")

    async def _connect(self, url: str, auth: Any, transports: list[str]) -> None:
        await self.socket.connect(url, auth=auth, transports=transports, wait_timeout=PATIENCE_SECONDS)

    async def close(self) -> None:
        await self.socket.disconnect()

    async def ask(self, name: str, **said: Any) -> Any:
        """Say something and give the acknowledgement, which is kept among the receipts, too."""
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def keep(answer: Any) -> None:
            self._keep(f"ack {name}", answer)
            answered.set_result(answer)

        await self.socket.emit(name, said, callback=keep)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await answered

    async def join(self, room: str, **said: Any) -> Any:
        return await self.ask("join", room=room, **said)

    @property
    def names(self) -> list[str]:
        """What has arrived, without `degraded`: a busy machine may keep the bus waiting."""
        return [name for name, _ in self.got if name != "degraded"]

    def all(self, name: str) -> list[Any]:
        return [payload for kind, payload in self.got if kind == name]

    def seqs(self, room: str) -> list[int]:
        """The seqs of the live events of a room, as they arrived."""
        return [p["seq"] for _, p in self.got if isinstance(p, dict) and p.get("room") == room and "type" in p]

    async def heard(self, name: str, count: int = 1, seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait for the `count`-th event of this name."""
        return (await self._until(lambda: self.all(name)[count - 1 :], f"{count} × {name}", seconds))[0]

    async def up_to(self, room: str, seq: int, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the room's event `seq` has arrived."""
        await self._until(lambda: seq in self.seqs(room), f"{room} at {seq}", seconds)

    async def _until(self, found: Any, what: str, seconds: float) -> Any:
        try:
            async with asyncio.timeout(seconds):
                while not (result := found()):
                    self._more.clear()
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"no {what} in {seconds} s; got {self.got[-20:]}") from None
        return result
