"""A small HTTP/1.1 load client: keep-alive connections that each send the next request when its answer is in."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MakeRequest = Callable[[int], bytes]


@dataclass
class Measured:
    """What a run cost: requests, wall seconds, CPU seconds of the server process, and each answer's seconds."""

    requests: int
    seconds: float
    cpu: float
    latencies: list[float] = field(repr=False)

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def cpu_us(self) -> float:
        return self.cpu / self.requests * 1e6

    def percentile(self, p: float) -> float:
        """Milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * p))] * 1000


def request(method: str, path: str, token: str, body: object = None, **headers: str) -> bytes:
    """The bytes of one request."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {token}"]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def run(
    port: int,
    server: psutil.Process,
    make: MakeRequest,
    count: int,
    connections: int = 8,
    per_second: float | None = None,
) -> Measured:
    """Send `count` requests over `connections` connections; `make(i)` gives the i-th. Any answer over 299 fails.

    They go out as soon as a connection has its answer, or at an even pace of so many `per_second`.
    """
    latencies: list[float] = []
    before, started = cpu_seconds(server), time.perf_counter()
    numbers = _numbers(count, per_second)
    await asyncio.gather(*(_connection(port, make, numbers, latencies) for _ in range(connections)))
    seconds = time.perf_counter() - started
    return Measured(count, seconds, cpu_seconds(server) - before, latencies)


class Line:
    """One keep-alive connection that asks one thing after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Line:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, asked: bytes) -> bytes:
        """The answer's body. Any answer over 299 fails."""
        self._writer.write(asked)
        status, body = await _answer(self._reader)
        if status > 299:
            raise RuntimeError(f"answered {status}: {body[:500]!r}")
        return body

    def close(self) -> None:
        self._writer.close()


def cpu_seconds(server: psutil.Process) -> float:
    """What the scheduler has counted for all its threads; exact, where `cpu_times` counts ticks of 10 ms."""
    tasks = Path(f"/proc/{server.pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9


def _numbers(count: int, per_second: float | None) -> Iterator[tuple[int, float]]:
    """What number a request has, and when it is due; shared by the connections."""
    started = time.perf_counter()
    for i in range(count):
        yield i, started + i / per_second if per_second else 0.0


async def _connection(
    port: int, make: MakeRequest, numbers: Iterator[tuple[int, float]], latencies: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for i, due in numbers:
        if (early := due - time.perf_counter()) > 0:
            await asyncio.sleep(early)
        started = time.perf_counter()
        writer.write(make(i))
        status, body = await _answer(reader)
        latencies.append(time.perf_counter() - started)
        if status > 299:
            raise RuntimeError(f"request {i} was answered {status}: {body[:500]!r}")
    writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lower = head.lower()
    at = lower.find(b"content-length:")
    length = int(lower[at + 15 : lower.index(b"\r\n", at)]) if at >= 0 else 0
    return status, await reader.readexactly(length) if length else b""
