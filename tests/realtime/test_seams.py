"""The seams of python-socketio and redis-py that `realtime/` stands on: a new version that moves one fails here."""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version
from typing import Any

import engineio
import pytest
import socketio
from engineio.async_server import AsyncServer
from engineio.async_socket import AsyncSocket
from engineio.payload import Payload

from realtime import frames
from realtime.sockets import MAX_POLLED
from server.core import redis


def test_the_versions_are_the_ones_that_were_read():
    assert (version("python-socketio"), version("python-engineio")) == ("5.18.1", "4.15.1")
    assert version("redis") == "8.1.0"


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (socketio.AsyncServer, "_handle_event", ["self", "eio_sid", "namespace", "id", "data"]),
        (socketio.AsyncManager, "connect", ["self", "sid", "namespace"]),
        (socketio.AsyncManager, "basic_disconnect", ["self", "sid", "namespace", "kwargs"]),
        (socketio.AsyncManager, "basic_leave_room", ["self", "sid", "namespace", "room"]),
        (socketio.AsyncServer, "_engineio_server_class", ["self"]),
        (AsyncServer, "_get_socket", ["self", "sid"]),
        (AsyncServer, "_handle_connect", ["self", "environ", "transport", "jsonp_index"]),
        (AsyncServer, "_service_task", ["self"]),
        (AsyncServer, "_trigger_event", ["self", "event", "args", "kwargs"]),
        (AsyncServer, "create_queue", ["self", "args", "kwargs"]),
        (AsyncServer, "_ok", ["self", "packets", "headers", "jsonp_index"]),
        (AsyncServer, "_upgrades", ["self", "sid", "transport"]),
        (AsyncSocket, "__init__", ["self", "server", "sid"]),
        (AsyncSocket, "send", ["self", "pkt"]),
        (AsyncSocket, "receive", ["self", "pkt"]),
        (AsyncSocket, "poll", ["self"]),
        (AsyncSocket, "schedule_ping", ["self"]),
        (AsyncSocket, "handle_get_request", ["self", "environ"]),
        (AsyncSocket, "_upgrade_websocket", ["self", "environ"]),
        (AsyncSocket, "close", ["self", "wait", "abort", "reason"]),
    ],
)
def test_what_we_override_or_call_is_still_called_so(owner: type, name: str, parameters: list[str]):
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


@pytest.mark.parametrize("fields", [{"sid", "queue", "last_ping", "connected", "upgrading", "upgraded", "closing"}])
async def test_a_connection_is_what_it_was(fields: set[str]):
    connection = AsyncSocket(engineio.AsyncServer(async_mode="aiohttp"), "sid")
    assert vars(connection).keys() - fields == {"server", "closed", "session"}


async def test_a_connection_to_redis_gives_away_its_transport(redis_url: str):
    client: Any = redis.client(redis_url)
    connection = client.connection_pool.make_connection()
    await connection.connect()
    assert isinstance(connection._writer, asyncio.StreamWriter)
    assert connection._writer.transport.get_protocol() is not None
    assert connection.get_protocol() == 3
    await connection.disconnect()


def test_a_long_polls_answer_is_made_of_encoded_packets_and_an_official_client_takes_sixteen():
    assert Payload([frames.packet("2"), frames.message('2["a",{}]')]).encode() == '2\x1e42["a",{}]'
    assert Payload.max_decode_packets == MAX_POLLED
