"""The lines between a process and its services, held by the test: it can look, hold, cut and disturb."""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, urlsplit, urlunsplit

from tests.faults.resp import frames, is_message

SOCKET = ".s.PGSQL.5432"
# Parse messages: where these are prepared, their names are what begins and commits from then on.
PREPARED_BEGIN = re.compile(rb"P.{4}([^\0]+)\0BEGIN[^\0]*\0", re.DOTALL)
PREPARED_COMMIT = re.compile(rb"P.{4}([^\0]+)\0COMMIT\0", re.DOTALL)
READY = b"Z\0\0\0\5I"  # outside any transaction


class Line:
    """One connection through a wire."""

    def __init__(self, near: Any, far: Any) -> None:
        self.near, self.far = near, far  # (reader, writer) of the process, of the service
        self.sent = b""  # since the mark, once a trap is set
        self.begin_names = [b"BEGIN"]
        self.commit_names = [b"COMMIT\0"]
        self.is_ready = True
        self.commits = b""  # with what PostgreSQL says that it has committed, once that is under way

    def pass_on(self, data: bytes) -> None:
        """Give something to the process, if it is still there."""
        if not self.near[1].transport.is_closing():
            self.near[1].write(data)

    def cut(self) -> None:
        for _, writer in (self.near, self.far):
            writer.transport.abort()


class Wire:
    """Connections of one process to one service; unasked it passes on what comes."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self.lines: set[Line] = set()
        self._passing = asyncio.Event()
        self._passing.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = Line((reader, writer), await self._connect())
        except OSError:
            writer.transport.abort()
            return
        self.lines.add(line)
        try:
            await asyncio.gather(self._pump(line, up=True), self._pump(line, up=False))
        except (OSError, RuntimeError):  # uvloop's word for an end that is closed already
            pass
        finally:
            self.lines.discard(line)
            line.cut()

    async def _pump(self, line: Line, *, up: bool) -> None:
        source, target = (line.near[0], line.far[1]) if up else (line.far[0], line.near[1])
        while data := await source.read(65536):
            await self._passing.wait()
            await (self.sent(line, data) if up else self.answered(line, data))
            await target.drain()
        line.cut()

    async def sent(self, line: Line, data: bytes) -> None:
        """The process has sent something."""
        line.far[1].write(data)

    async def answered(self, line: Line, data: bytes) -> None:
        """The service has sent something."""
        line.near[1].write(data)

    def freeze(self) -> None:
        """Let nothing pass, in either direction, until `thaw`."""
        self._passing.clear()

    def thaw(self) -> None:
        self._passing.set()

    def mend(self) -> None:
        """Do nothing any more but pass on what comes."""
        self.thaw()

    def cut(self) -> int:
        """Break all connections; how many there were."""
        lines = list(self.lines)
        for line in lines:
            line.cut()
        return len(lines)


class PostgresWire(Wire):
    """A process's way to PostgreSQL, on which a transaction can be met at its COMMIT.

    `trap(mark, …)` waits for the transaction that has carried this text. Then either its COMMIT is withheld, or it goes
    through and PostgreSQL's answer is withheld; at that moment `sprung` is called. What is sent without a BEGIN is a
    transaction of its own, which its Sync commits.
    """

    def __init__(self, url: str) -> None:
        self._mark = b""
        at = urlsplit(url)
        super().__init__(lambda: _connect(at))
        self._folder = tempfile.TemporaryDirectory(prefix="mf-wire-")
        by_socket = {"netloc": f"{at.netloc.rpartition('@')[0]}@", "query": f"host={quote(self._folder.name)}"}
        self.url = urlunsplit(at._replace(**by_socket))

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self.serve, str(Path(self._folder.name) / SOCKET))

    def close(self) -> None:
        self._server.close()
        self.cut()
        self._folder.cleanup()

    def mend(self) -> None:
        super().mend()
        self._mark = b""

    def trap(self, mark: str, sprung: Callable[[], Any], *, commit_arrives: bool) -> None:
        self._mark, self._sprung, self._commit_arrives = mark.encode(), sprung, commit_arrives

    async def sent(self, line: Line, data: bytes) -> None:
        line.begin_names += [b"\0" + name + b"\0" for name in PREPARED_BEGIN.findall(data)]
        line.commit_names += [b"\0" + name + b"\0" for name in PREPARED_COMMIT.findall(data)]
        if self._mark and self._commits(line, data) and not self._commit_arrives:
            self._spring()
            return
        await super().sent(line, data)

    def _commits(self, line: Line, data: bytes) -> bool:
        """Whether the transaction that carries the mark is to be committed by now."""
        line.sent += data
        at = line.sent.find(self._mark)
        line.sent = line.sent[at:] if at >= 0 else line.sent[-len(self._mark) :]
        begins, ends = (any(name in data for name in names) for names in (line.begin_names, line.commit_names))
        if at >= 0 and any(name in line.sent for name in line.commit_names):
            line.commits = b"COMMIT\0"
        elif at >= 0 and (line.is_ready or ends) and not begins:  # what ends before it is another one's
            line.commits = READY
        return bool(line.commits)

    async def answered(self, line: Line, data: bytes) -> None:
        if line.commits and line.commits in data:
            self._spring()
            return
        line.is_ready = data.endswith(READY)
        await super().answered(line, data)

    def _spring(self) -> None:
        self._mark = b""
        self._sprung()


async def _connect(at: SplitResult) -> Any:
    if at.hostname:
        return await asyncio.open_connection(at.hostname, at.port)
    [folder] = parse_qs(at.query)["host"]
    return await asyncio.open_unix_connection(str(Path(folder) / SOCKET))


class RedisWire(Wire):
    """A process's way to Redis, on which published messages get lost, doubled, late and out of order."""

    def __init__(self, url: str) -> None:
        at = urlsplit(url)
        super().__init__(lambda: asyncio.open_connection(at.hostname, at.port))
        self._at = at
        self._rest: dict[Line, bytes] = {}
        self.disturb: Callable[[], list[float]] = undisturbed
        self.seen = {"dropped": 0, "doubled": 0, "delayed": 0, "passed": 0}

    async def open(self) -> None:
        self._server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        secret = f":{self._at.password}@" if self._at.password else ""
        self.url = urlunsplit(self._at._replace(netloc=f"{secret}127.0.0.1:{port}"))

    def close(self) -> None:
        self._server.close()
        self.cut()

    def mend(self) -> None:
        super().mend()
        self.disturb = undisturbed

    async def answered(self, line: Line, data: bytes) -> None:
        whole, self._rest[line] = frames(self._rest.get(line, b"") + data)
        for frame in whole:
            if is_message(frame):
                self._pass_on(line, frame)
            else:
                line.near[1].write(frame)

    def _pass_on(self, line: Line, frame: bytes) -> None:
        """Write the message as often, and as late, as `disturb` says."""
        copies = self.disturb()
        self.seen[("dropped", "passed", "doubled")[min(len(copies), 2)]] += 1
        for late in copies:
            if late:
                self.seen["delayed"] += 1
                asyncio.get_running_loop().call_later(late, line.pass_on, frame)
            else:
                line.near[1].write(frame)


def undisturbed() -> list[float]:
    """Each message once, at once."""
    return [0.0]


def bad_luck(chance: random.Random, latest: float) -> Callable[[], list[float]]:
    """For each message how late each of its copies comes."""

    def copies() -> list[float]:
        count = chance.choices((0, 1, 2), (2, 6, 2))[0]
        return [chance.choice((0.0, chance.uniform(0, latest))) for _ in range(count)]

    return copies
