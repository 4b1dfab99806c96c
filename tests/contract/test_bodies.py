"""What becomes of bodies that do not arrive."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from tests.contract.conftest import Start

HALF = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"


async def test_who_leaves_in_the_middle_of_a_body_is_no_trouble_of_the_database(web: Start) -> None:
    client, process = await web()
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", urlsplit(client.url).port)
        writer.write(HALF)
        await writer.drain()
        assert await client.get("/api/health") == 200  # by now it waits for the rest
        writer.close()
        await writer.wait_closed()
        assert await client.get("/api/health") == 200
    assert "database_away" not in process.said()
