"""A cluster, and a master that a Sentinel names: what one Redis does for us, they do as well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from redis.crc import key_slot
from taskiq import BrokerMessage

from models.ids import uuid7
from realtime import bus
from server.config import Settings
from server.core.bell import BellBroker, bell_key
from server.core.limits import Limiter
from server.core.redis import Address, client
from server.run import services
from server.run.account import CannotRun
from server.system import checks
from tests.helpers import tls, valkeys
from tests.helpers.processes import until
from tests.helpers.valkeys import Valkey, cluster_url
from tests.realtime.conftest import Listen, up
from tests.realtime.listener import Listener
from tests.realtime.notes import Someone, someone

ONLY_HINTS = {"ROOM_POLL_SECONDS": "600", "ROOM_POLL_DEGRADED_SECONDS": "600"}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Valkey]]:
    with valkeys.cluster(tmp_path_factory.mktemp("cluster")) as nodes:
        yield nodes


async def _people(sql: Callable[..., Any], count: int) -> list[Someone]:
    teams = [uuid7() for _ in range(count)]
    for team in teams:
        await sql("INSERT INTO team (id, name, slug) VALUES ($1, 'Test', $2)", team, str(team))
    return [someone("Ann", UUID(str(team))) for team in teams]


async def _hear_each_other(here: Any, there: Any, people: list[Someone], listen: Listen) -> None:
    """What one process commits, the other's clients hear, in rooms all over the cluster."""
    listeners = [await listen(who, at=there.url) for who in people]
    for who, listener in zip(people, listeners, strict=True):

        async def told(who: Someone = who, listener: Listener = listener) -> bool:
            """Of the first, the hint may be over before the subscription stands."""
            await here.write(who, "told")
            await asyncio.sleep(0.3)
            return bool(listener.seqs(who.team))

        await until(told)


@pytest.fixture
def two(another_process: Callable[..., Any], listen: Listen) -> Callable[..., Any]:
    """`async with two(people, url) as (here, there, listener)`: processes that hear each other by their bus alone; the
    listener is the first of the people, at the one `there`. A second URL is that one's own."""

    @asynccontextmanager
    async def start(people: list[Someone], *at: str, **more: str) -> AsyncIterator[tuple[Any, Any, Listener]]:
        more = more or ONLY_HINTS
        async with (
            another_process(REDIS_URL=at[0], **more) as here,
            another_process(REDIS_URL=at[-1], **more) as there,
        ):
            await up(here, people[0], listen)
            listener = await up(there, people[0], listen)
            await _hear_each_other(here, there, people, listen)
            yield here, there, listener

    return start


async def test_a_cluster_carries_hints_in_sharded_channels(
    nodes: list[Valkey], sql: Callable[..., Any], listen: Listen, two: Callable[..., Any]
):
    people = await _people(sql, 8)
    slots = {key_slot(bus.channel(who.team).encode()) * 3 // valkeys.SLOTS for who in people}
    assert len(slots) > 1
    async with two(people, cluster_url(nodes)) as (here, there, _):
        for node in nodes:
            assert node.client().execute_command("PUBSUB", "SHARDCHANNELS", "mf:tick:*")
            assert not node.client().execute_command("PUBSUB", "CHANNELS")
        ann, bob = people[0], people[0].colleague("Bob")
        one, other = await listen(ann, at=here.url), await listen(bob, at=there.url)

        async def both_are_here() -> bool:
            return len((await one.ask("presence", room=ann.team))["members"]) == 2

        await until(both_are_here)
        await one.ask("typing", room=ann.team, subject="a card")
        assert (await other.heard("typing"))["subject"] == "a card"


async def test_a_slot_that_moves_takes_its_rooms_along(
    nodes: list[Valkey], sql: Callable[..., Any], listen: Listen, two: Callable[..., Any]
):
    [ann] = await _people(sql, 1)
    slot = key_slot(bus.channel(ann.team).encode())
    owner = nodes[slot * 3 // valkeys.SLOTS]
    to = next(node for node in nodes if node is not owner)
    async with two([ann], cluster_url(nodes)) as (here, there, listener):
        target = to.client().execute_command("CLUSTER", "MYID")
        for node in (to, owner, *nodes):
            node.client().execute_command("CLUSTER", "SETSLOT", slot, "NODE", target)
        await listener.heard("degraded", 2)
        await here.write(ann, "wakes who has not noticed")
        await asyncio.sleep(1)
        await _hear_each_other(here, there, [ann], listen)


async def test_a_node_that_dies_is_missed_and_comes_back(
    nodes: list[Valkey], sql: Callable[..., Any], listen: Listen, another_process: Callable[..., Any]
):
    [ann] = await _people(sql, 1)
    async with another_process(REDIS_URL=cluster_url(nodes)) as process:
        listener = await up(process, ann, listen)
        nodes[2].kill()
        assert (await listener.heard("degraded"))["on"] is True
        await ann.write("from the log")
        await listener.up_to(ann.team, 1)
        nodes[2].start()
        assert (await listener.heard("degraded", 2))["on"] is False


async def test_the_replica_of_a_node_that_dies_takes_its_rooms_over(
    tmp_path: Path, sql: Callable[..., Any], listen: Listen, two: Callable[..., Any]
):
    [ann] = await _people(sql, 1)
    with valkeys.cluster(tmp_path, replicas=True) as nodes:
        async with two([ann], cluster_url(nodes)) as (here, there, listener):
            valkeys.owner(nodes, key_slot(bus.channel(ann.team).encode())).kill()
            assert (await listener.heard("degraded"))["on"] is True
            assert (await listener.heard("degraded", 2))["on"] is False
            await _hear_each_other(here, there, [ann], listen)
            seqs = listener.seqs(ann.team)
            assert seqs == list(range(1, len(seqs) + 1))


async def test_a_cluster_without_sharded_channels_carries_hints_too(
    tmp_path: Path, sql: Callable[..., Any], two: Callable[..., Any]
):
    people = await _people(sql, 4)
    with valkeys.cluster(tmp_path, "--rename-command", "SSUBSCRIBE", "") as nodes:
        async with two(people, cluster_url(nodes), cluster_url(nodes[::-1])):
            pass  # they hear each other


async def test_a_sentinel_names_the_next_master(tmp_path: Path, sql: Callable[..., Any], two: Callable[..., Any]):
    [ann] = await _people(sql, 1)
    with valkeys.sentinel(tmp_path) as (master, at):
        async with two([ann], at, ROOM_POLL_SECONDS="600") as (here, _, listener):
            master().kill()
            assert (await listener.heard("degraded"))["on"] is True
            [seq] = await here.write(ann, "from the log")
            await listener.up_to(ann.team, seq)
            assert (await listener.heard("degraded", 2))["on"] is False


@pytest.fixture
async def over_tls(tmp_path: Path) -> AsyncIterator[str]:
    with valkeys.one(tmp_path / "valkey") as server:
        file = tls.certificate(tmp_path)
        async with tls.before(server.port, file) as port:
            yield f"rediss://:{valkeys.PASSWORD}@{tls.HOST}:{port}/0?ssl_ca_certs={file}"


async def test_hints_go_over_tls(over_tls: str, sql: Callable[..., Any], two: Callable[..., Any]):
    [ann] = await _people(sql, 1)
    async with two([ann], over_tls):
        pass  # they hear each other


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(over_tls: str, capsys: pytest.CaptureFixture[str]):
    await asyncio.to_thread(services.check_redis, over_tls.partition("?")[0])
    assert "certificate verify failed" in capsys.readouterr().out


@pytest.fixture
def by_socket(tmp_path: Path) -> Iterator[str]:
    """Its database 3, by its socket, whose name has to be quoted."""
    with valkeys.one(tmp_path / "valkey", "--unixsocket", file := tmp_path / "a socket?"):
        yield f"unix://:{valkeys.PASSWORD}@{quote(str(file))}?db=3"


async def test_hints_go_by_a_socket(by_socket: str, sql: Callable[..., Any], two: Callable[..., Any]):
    [ann] = await _people(sql, 1)
    async with two([ann], by_socket):
        pass  # they hear each other


async def test_a_socket_has_a_password_and_a_database_too(by_socket: str, capsys: pytest.CaptureFixture[str]):
    async with client(by_socket) as server:
        await server.set("where", "here")
    async with client(by_socket.replace("db=3", "db=4")) as other:
        assert await other.get("where") is None
    await asyncio.to_thread(services.check_redis, by_socket.replace(valkeys.PASSWORD, "wrong"))
    assert "starting without it" in capsys.readouterr().out


@pytest.fixture(params=["a cluster", "a master that a Sentinel names", "one server over TLS", "one by its socket"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "a cluster":
        yield cluster_url(request.getfixturevalue("nodes"))
    elif request.param == "one server over TLS":
        yield request.getfixturevalue("over_tls")
    elif request.param == "one by its socket":
        yield request.getfixturevalue("by_socket")
    else:
        with valkeys.sentinel(tmp_path) as (_, url):
            yield url


def _bell(queue: str) -> BrokerMessage:
    labels = {"queue_name": bell_key(queue)}
    return BrokerMessage(task_id="1", task_name="job.ring", message=queue.encode(), labels=labels)


async def test_limits_bells_and_checks_take_it_as_they_take_one_server(at: str, config: Settings):
    settings = config.model_copy(update={"redis_url": at, "rate_limits": "on", "rate_api_user": "3/minute"})
    limiters = [Limiter(settings), Limiter(settings)]

    async def count_together() -> bool:
        """Who gets no answer in time counts alone for a while."""
        who = str(uuid4())
        return [(await limiters[n % 2].hit("api", who))[0] for n in range(4)] == [True, True, True, False]

    await until(count_together)

    bells = BellBroker(at)
    for queue in ("fast", "pdf"):
        await bells.kick(_bell(queue))
    heard = bells.listen()
    assert {await anext(heard), await anext(heard)} == {b"fast", b"pdf"}
    await heard.aclose()
    await bells.shutdown()

    assert (await checks._redis(at)).state == "up"
    await asyncio.to_thread(services.check_redis, at)


def test_an_address_that_cannot_be_one_is_refused_at_the_start():
    for wrong in ("redis+sentinel://127.0.0.1:26379", "redis+cluster://", "redis+cluster://a:port"):
        with pytest.raises(CannotRun, match="is no address"):
            services.check_redis(wrong)
    assert Address("rediss+cluster://u:p@a,b:7000").hosts == [("a", 6379), ("b", 7000)]
