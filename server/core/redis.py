"""The Redis that REDIS_URL names: one server, the master that its Sentinels name, or a cluster.

    redis://:password@host:6379/0                               one server; rediss:// over TLS
    unix://:password@/run/redis.sock?db=0                       one server on this machine, by its socket
    redis+sentinel://:password@host:26379,host:26379/mymaster   ?db=0, ?sentinel_password=… where they have their own
    redis+cluster://:password@host:6379,host:6379               some of its nodes: they know the others

`rediss+sentinel://` and `rediss+cluster://` are the same over TLS. What redis-py takes behind the `?` it takes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError

CONNECT_SECONDS = 2.0
SENTINEL_SECONDS = 0.5  # one that is away must leave time to ask the next
Client = Redis | RedisCluster
TROUBLE = (RedisError, RedisClusterException, OSError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Address:
    """A REDIS_URL taken apart. Raises `ValueError` for what cannot be one."""

    url: str

    def __post_init__(self) -> None:
        if self.kind != "server" and not all(host for host, _ in self.hosts):
            raise ValueError("it should name hosts, separated by commas")
        if self.kind == "sentinel" and not self.master:
            raise ValueError("it should end with the master's name, such as /mymaster")

    @property
    def parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def kind(self) -> str:
        return self.parts.scheme.partition("+")[2] or "server"

    @property
    def hosts(self) -> list[tuple[str, int]]:
        usual = 26379 if self.kind == "sentinel" else 6379
        hosts = [urlsplit(f"//{host}") for host in self.parts.netloc.rpartition("@")[2].split(",")]
        return [(host.hostname or "", host.port or usual) for host in hosts]

    @property
    def master(self) -> str:
        return self.parts.path.strip("/")

    @property
    def one(self) -> str:
        """The address as redis-py reads it, with the first host only."""
        if self.kind == "server":
            return self.url
        user, at, hosts = self.parts.netloc.rpartition("@")
        scheme = self.parts.scheme.partition("+")[0]
        return f"{scheme}://{user}{at}{hosts.split(',')[0]}/?{self.parts.query}"

    @property
    def options(self) -> dict[str, Any]:
        """What the address says besides hosts: password, database, TLS."""
        options = dict(parse_url(self.one))
        for name in ("host", "port"):
            options.pop(name, None)
        if options.pop("connection_class", None) is not None:
            options["ssl"] = True
        return options


class _Master(Redis):
    """The client of a master that also lets go of the Sentinels it asked."""

    connection_pool: SentinelConnectionPool

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await super().aclose(close_connection_pool)
        for sentinel in self.connection_pool.sentinel_manager.sentinels:
            await sentinel.aclose()


def once(timeout: float | None = None) -> dict[str, Any]:
    """A client's options to try once: pace and patience are the caller's.

    Without `timeout` an answer is waited for without end. redis-py's own swallows a cancellation on Python 3.11, so who
    may be cancelled uses `asyncio.timeout`.
    """
    return {
        "retry": Retry(NoBackoff(), 0),
        "socket_timeout": timeout,
        "socket_connect_timeout": min(timeout or CONNECT_SECONDS, CONNECT_SECONDS),
        "socket_keepalive": True,
    }


def client(url: str, *, timeout: float | None = None) -> Client:
    """A client that tries `once`."""
    address, options = Address(url), once(timeout)
    if address.kind == "cluster":
        nodes = [ClusterNode(host, port) for host, port in address.hosts]
        return RedisCluster(startup_nodes=nodes, **address.options | options)
    if address.kind == "sentinel":
        return _master(address, options)
    if address.parts.scheme == "unix":
        del options["socket_keepalive"]  # TCP's
    return Redis.from_url(url, **options)


def _master(address: Address, options: dict[str, Any]) -> Redis:
    own = address.options
    asking = {name: own.pop(f"sentinel_{name}", None) for name in ("username", "password")}
    patience = {"socket_timeout": SENTINEL_SECONDS, "socket_connect_timeout": SENTINEL_SECONDS}
    asking |= patience | {name: value for name, value in own.items() if name.startswith("ssl")}
    sentinel = Sentinel(address.hosts, sentinel_kwargs=asking, **own | options)
    return sentinel.master_for(address.master, redis_class=_Master)
