"""`python -m server` with faults at hand: a test asks for them, by name, at the socket that FAULTS_SOCKET names."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from datetime import timedelta
from typing import Any

from aiohttp import web

import realtime.follower as follower
import server.__main__ as server
from models import clock
from realtime.connection import Connection
from realtime.delivery import Batch
from server.core import announce
from server.core.announce import Entry


class Faults:
    """What can be done to the process from inside; each public method is a fault, and none of it acts unasked."""

    def __init__(self) -> None:
        self.seen = {"looks_failed": 0, "looks_stalled": 0, "deliveries_failed": 0}
        self._untold = self._unanswered = ""
        self._failing_looks = self._failing_deliveries = 0
        self._stall = 0.0
        self._heads_of, follower.heads_of = follower.heads_of, self._look
        self._offer, Connection.offer = Connection.offer, _offering(self)
        self._give, Batch.give = Batch.give, _giving(self)

    def clock(self, seconds: float) -> None:
        """Go wrong by so much."""
        clock.move(timedelta(seconds=seconds))

    def die_untold(self, mark: str) -> None:
        """Die once a fact with this text is committed, before anybody is told of it."""
        self._untold = mark
        announce._listeners.insert(0, self._on_commit)

    def die_unanswered(self, key: str) -> None:
        """Die when the request with this idempotency key is committed and told of, before it is answered."""
        self._unanswered = key

    def fail_looks(self, times: int) -> None:
        """Let the follower's next looks at the log raise what nobody expects."""
        self._failing_looks = times

    def stall_looks(self, seconds: float) -> None:
        """Let the follower's next look at the log stand still for so long."""
        self._stall = seconds

    def fail_deliveries(self, times: int) -> None:
        """Let the next deliveries to a member raise, in the middle of a room."""
        self._failing_deliveries = times

    def count(self) -> dict[str, int]:
        """How often each fault has struck."""
        return self.seen

    def _on_commit(self, entries: list[Entry]) -> None:
        if any(self._untold in entry.wire for entry in entries):
            _die()

    async def on_answer(self, request: web.Request, response: web.StreamResponse) -> None:
        if self._unanswered and request.headers.get("Idempotency-Key") == self._unanswered:
            _die()

    async def _look(self, rooms: list[follower.Room]) -> Any:
        if self._failing_looks:
            self._failing_looks -= 1
            self.seen["looks_failed"] += 1
            raise RuntimeError("a look fails for the test")
        if self._stall:
            seconds, self._stall = self._stall, 0.0
            self.seen["looks_stalled"] += 1
            await asyncio.sleep(seconds)
        return await self._heads_of(rooms)

    def offer(self, connection: Connection, *given: Any) -> bool:
        if self._failing_deliveries:
            self._failing_deliveries -= 1
            self.seen["deliveries_failed"] += 1
            raise RuntimeError("a delivery fails for the test")
        return self._offer(connection, *given)

    def give(self, batch: Batch, *given: Any, **options: Any) -> int:
        if self._failing_deliveries:
            for membership in batch.room.members.values():
                membership.shortcut.transport = None  # nobody is written to without being asked
        return self._give(batch, *given, **options)

    async def listen(self, app: web.Application) -> None:
        self._server = await asyncio.start_unix_server(self._serve, os.environ["FAULTS_SOCKET"])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        name, arguments = json.loads(await reader.readline())
        writer.write(json.dumps(getattr(self, name)(**arguments)).encode() + b"\n")
        await writer.drain()
        writer.close()


def _offering(faults: Faults) -> Any:
    return lambda connection, *given: faults.offer(connection, *given)


def _giving(faults: Faults) -> Any:
    return lambda batch, *given, **options: faults.give(batch, *given, **options)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    faults, build = Faults(), server.build

    def build_with_faults(settings: Any) -> web.Application:
        app = build(settings)
        app.on_startup.append(faults.listen)
        app.on_response_prepare.append(faults.on_answer)
        return app

    server.build = build_with_faults
    server.main()


if __name__ == "__main__":
    main()
