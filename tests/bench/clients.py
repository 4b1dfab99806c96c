"""Client processes, where one would take longer than the server: each holds a crowd and does what it is told.

`python -m tests.bench.clients PORT TOKEN SOURCE` reads commands from its input, one JSON array a line, and answers each
with a line of JSON. `SOURCE` is the loopback address it comes from: one has some 28,000 ports.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvloop

from tests.bench.place import ROOT
from tests.bench.sockets import Crowd, many_files

AT_ONCE = 250
PATIENCE = 60.0


class Client:
    """A client process, from outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    @asynccontextmanager
    async def several(cls, count: int, port: int, token: str) -> AsyncIterator[list[Client]]:
        clients: list[Client] = []
        try:
            for number in range(count):
                clients.append(await cls._start(port, token, f"127.0.0.{2 + number}"))
            yield clients
        finally:
            await asyncio.gather(*(client._end() for client in clients))

    @classmethod
    async def _start(cls, port: int, token: str, source: str) -> Client:
        pipe = asyncio.subprocess.PIPE
        argv = (sys.executable, "-m", "tests.bench.clients", str(port), token, source)
        return cls(await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, cwd=ROOT))

    async def ask(self, *command: object) -> Any:
        """Do one thing; gives its answer."""
        assert self._process.stdin is not None  # both are pipes
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        return json.loads(await self._process.stdout.readline())

    async def _end(self) -> None:
        assert self._process.stdin is not None  # a pipe
        self._process.stdin.close()
        await self._process.wait()


async def _serve(port: int, token: str, source: str) -> None:
    crowd = Crowd(port, token, source=source)
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        name, *given = json.loads(line)
        sys.stdout.write(json.dumps(await COMMANDS[name](crowd, *given)) + "\n")
        sys.stdout.flush()


async def _come(crowd: Crowd, count: int, rooms: list[str]) -> int:
    """So many more, some at a time, who each join one of the rooms; gives how many there are."""
    for start in range(0, count, AT_ONCE):
        some = range(start, min(start + AT_ONCE, count))
        await asyncio.gather(*(crowd.come(1, room=rooms[n % len(rooms)]) for n in some))
    return len(crowd)


async def _expect(crowd: Crowd, events: int) -> int:
    """From now on, so many events for each."""
    crowd.expect(events * len(crowd))
    return len(crowd)


async def _heard(crowd: Crowd) -> float:
    """When the last of them came."""
    async with asyncio.timeout(PATIENCE):
        await crowd.all_heard()
    return time.time()


async def _go(crowd: Crowd) -> int:
    """Hang up, all of them; gives how many there were."""
    count = len(crowd)
    await crowd.go()
    return count


COMMANDS = {"come": _come, "expect": _expect, "heard": _heard, "go": _go}

if __name__ == "__main__":
    many_files()
    uvloop.run(_serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
