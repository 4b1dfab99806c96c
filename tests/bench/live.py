"""Commit to client: a task is changed, 100 sockets in its project's room hear of it."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import socketio

from tests.bench.load import request
from tests.bench.place import Place, wait_for
from tests.bench.rest import ask, sign_in

SOCKETS = 100


async def measure(place: Place, changes: int) -> dict[str, list[float]]:
    """Milliseconds of every receipt since the fact's own time, which is taken just before its commit.

    Once with the sockets at the process that is written to, once at another.
    """
    with place.process("server") as (_, one), place.process("server") as (_, two):
        for port in (one, two):
            wait_for(f"http://127.0.0.1:{port}/api/health")
        signed_in = sign_in(one)
        return {
            "one_process": await _hear(one, one, signed_in["access_token"], changes),
            "two_processes": await _hear(one, two, signed_in["access_token"], changes),
        }


async def _hear(write_to: int, listen_at: int, token: str, changes: int) -> list[float]:
    task = ask(write_to, "GET", "/api/tasks?limit=1", token=token)["items"][0]
    receipts: list[float] = []
    async with AsyncExitStack() as stack:
        for _ in range(SOCKETS):
            client = socketio.AsyncClient()
            client.on("task.updated", lambda event: receipts.append(_age(event)))
            await client.connect(f"http://127.0.0.1:{listen_at}", auth={"token": token}, transports=["websocket"])
            stack.push_async_callback(client.disconnect)
            joined: Any = await client.call("join", {"room": f"project:{task['project_id']}"})
            assert joined["ok"], joined
        reader, writer = await asyncio.open_connection("127.0.0.1", write_to)
        for i in range(changes):
            body = {"title": f"Heard {listen_at} {i}"}
            writer.write(request("PATCH", f"/api/tasks/{task['id']}", token, body))
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(0.05)
            reader._buffer.clear()  # type: ignore[attr-defined]  # the answers' bodies are of no interest here
        writer.close()
        await asyncio.sleep(1)  # the last receipts
    assert len(receipts) == SOCKETS * changes, f"{len(receipts)} receipts"
    return receipts


def _age(event: dict[str, Any]) -> float:
    return (time.time() - datetime.fromisoformat(event["at"]).timestamp()) * 1000
