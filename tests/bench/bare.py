"""The floor of a delivery: one `send` to each socket and nothing else. `python -m tests.bench.bare PORT BYTES`.

What the kernel takes to carry a frame to another process of the same machine is in every figure of `delivery_cpu_us_*`,
ours and stock's: it is measured alone, so that one sees what is left to gain. It keeps their pace, and from its cost
goes as from theirs what it takes to be told and to tell nobody.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from statistics import mean

from tests.bench.place import Place
from tests.bench.side import Web

ROUNDS = 30
SETTLE = 0.005  # as between the changes that ours and stock are asked for: who has slept has cold caches
TELL_ALL, TELL_NONE = b"!", b"."


class Listener(asyncio.Protocol):
    """Reads what comes; sets `all_in` once the crowd has had so many bytes."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd

    def data_received(self, data: bytes) -> None:
        self.crowd.missing -= len(data)
        if self.crowd.missing <= 0:
            self.crowd.all_in.set()


class Crowd:
    """What the sockets together still have to get."""

    def __init__(self) -> None:
        self.missing = 0
        self.all_in = asyncio.Event()


async def measure(place: Place, sizes: list[int], frame: int, processes: int) -> dict[int, float]:
    """CPU microseconds of one `send` of `frame` bytes, by how many sockets there are: the mean of so many processes."""
    found = {}
    for size in sizes:
        took = []
        for _ in range(processes):
            with place.process("tests.bench.bare", "{port}", str(frame)) as (process, port):
                took.append(await _one(Web(process, port), size, frame))
        found[size] = mean(took)
    return found


async def _one(web: Web, size: int, frame: int) -> float:
    crowd, loop = Crowd(), asyncio.get_running_loop()
    control = await _connect(loop, crowd, web.port)
    sockets = [await _connect(loop, crowd, web.port) for _ in range(size)]
    cpu = {TELL_ALL: 0.0, TELL_NONE: 0.0}
    for turn in range(ROUNDS + 1):
        for told, missing in ((TELL_ALL, size * frame + 1), (TELL_NONE, 1)):
            before = web.cpu
            crowd.missing = missing
            crowd.all_in.clear()
            control.write(told)
            async with asyncio.timeout(10):
                await crowd.all_in.wait()
            await asyncio.sleep(SETTLE)
            cpu[told] += web.cpu - before if turn else 0  # the first fills caches
    for one in (control, *sockets):
        one.abort()
    return (cpu[TELL_ALL] - cpu[TELL_NONE]) / ROUNDS / size * 1e6


async def _connect(loop: asyncio.AbstractEventLoop, crowd: Crowd, port: int) -> asyncio.Transport:
    async with asyncio.timeout(10):
        while True:
            try:
                transport, _ = await loop.create_connection(lambda: Listener(crowd), "127.0.0.1", port)
                return transport
            except ConnectionRefusedError:  # not listening yet
                await asyncio.sleep(0.05)


def main() -> None:
    """The first who connects says when, and is answered; everybody else is sent to."""
    port, frame = int(sys.argv[1]), b"x" * int(sys.argv[2])
    with socket.create_server(("127.0.0.1", port), backlog=4096) as listener:
        control, _ = listener.accept()
        control.setblocking(True)
        listener.setblocking(False)
        sockets: list[socket.socket] = []
        while told := control.recv(1):
            sockets += _waiting(listener)
            if told == TELL_ALL:
                for one in sockets:
                    one.send(frame)
            control.send(told)


def _waiting(listener: socket.socket) -> list[socket.socket]:
    found = []
    while True:
        try:
            one, _ = listener.accept()
        except BlockingIOError:
            return found
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found.append(one)


if __name__ == "__main__":
    main()
