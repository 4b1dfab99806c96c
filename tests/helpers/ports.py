"""Ports for processes that tests start: below those that the kernel hands out, and each test worker has its own."""

from __future__ import annotations

import os
import random
import socket

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
PORTS = range(10000 + WORKER % 10 * 1000, 11000 + WORKER % 10 * 1000)
_given: set[int] = set()


def free_port() -> int:
    return free_ports(1)


def free_ports(count: int) -> int:
    """The first of some neighbouring ports that nobody has, nor was given before."""
    while True:
        first = random.choice(PORTS[:-count])
        ports = range(first, first + count)
        if _given.isdisjoint(ports) and all(map(_free, ports)):
            _given.update(ports)
            return first


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
