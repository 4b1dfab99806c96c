"""The seams of python-socketio that `realtime/transport.py` stands on: a new version that moves one fails here."""

from __future__ import annotations

import asyncio
import inspect
from importlib.metadata import version

import engineio
import engineio.async_socket
import engineio.packet
import pytest
import socketio
from engineio.async_drivers import aiohttp as driver


def test_the_versions_are_the_ones_that_were_read():
    assert (version("python-socketio"), version("python-engineio")) == ("5.18.1", "4.15.1")


@pytest.mark.parametrize(
    ("owner", "name", "parameters"),
    [
        (socketio.AsyncServer, "_handle_event", ["self", "eio_sid", "namespace", "id", "data"]),
        (socketio.AsyncManager, "connect", ["self", "sid", "namespace"]),
        (socketio.AsyncManager, "basic_disconnect", ["self", "sid", "namespace", "kwargs"]),
        (socketio.AsyncManager, "basic_leave_room", ["self", "sid", "namespace", "room"]),
        (driver.WebSocket, "__call__", ["self", "environ"]),
        (driver.WebSocket, "wait", ["self"]),
        (engineio.async_socket.AsyncSocket, "close", ["self", "wait", "abort", "reason"]),
    ],
)
def test_what_we_override_or_call_is_still_called_so(owner: type, name: str, parameters: list[str]):
    assert list(inspect.signature(getattr(owner, name)).parameters) == parameters


async def test_a_connections_queue_takes_frames_without_waiting():
    server = engineio.AsyncServer(async_mode="aiohttp")
    connection = engineio.async_socket.AsyncSocket(server, "sid")
    assert isinstance(connection.queue, asyncio.Queue)
    assert connection.queue.maxsize == 0
    assert "websocket" in dict(server._async or {})


def test_a_frame_is_encoded_once():
    frame = engineio.packet.Packet(engineio.packet.MESSAGE, '2["a",{}]')
    assert frame.encode() == '42["a",{}]'
    assert frame.encode() is frame.encode()
