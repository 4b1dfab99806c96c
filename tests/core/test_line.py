"""Questions to Redis over one line: answers find who asked, and a line that is of no use ends for all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError, ResponseError

from server.config import Settings
from server.core import redis
from server.core.limits import Limiter
from server.core.line import Questions
from tests.helpers.patience import PATIENCE_SECONDS


@pytest.fixture
async def client(config: Settings) -> AsyncIterator[Any]:
    one = redis.client(config.redis_url)
    yield one
    await one.aclose()


@pytest.fixture
async def line(client: Any) -> AsyncIterator[Questions]:
    one = Questions(client.connection_pool.make_connection(), PATIENCE_SECONDS)
    await one.connect()
    yield one
    await one.close()


async def test_each_answer_finds_who_asked_also_when_another_has_gone(line: Questions):
    answers = [line.ask("ECHO", str(n)) for n in range(100)]
    answers[40].cancel()
    found = await asyncio.gather(*answers, return_exceptions=True)
    assert isinstance(found.pop(40), asyncio.CancelledError)
    assert found == [str(n).encode() for n in range(100) if n != 40]


async def test_a_script_that_redis_has_forgotten_is_told_again(line: Questions, client: Any):
    script = client.register_script("return {KEYS[1], ARGV[1]}")
    for _ in range(2):
        assert await line.run(script, "key", "value") == [b"key", b"value"]
        await client.script_flush()
    assert await asyncio.gather(*(line.run(script, "key", str(n)) for n in range(9))) == [
        [b"key", str(n).encode()] for n in range(9)
    ]


async def test_a_redis_that_stands_still_is_waited_for_no_longer_than_said(line: Questions, client: Any):
    own = await line.ask("CLIENT", "ID")
    hasty = Questions(client.connection_pool.make_connection(), 0.5)
    await hasty.connect()
    await client.execute_command("CLIENT", "PAUSE", 1000 * PATIENCE_SECONDS, "WRITE")
    try:
        asked = [hasty.ask("SET", f"line:{own}", "1", "PX", "1") for _ in range(3)]
        async with asyncio.timeout(PATIENCE_SECONDS / 2):
            found = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(error) for error in found] == [TimeoutError] * 3
        with pytest.raises(TimeoutError):  # and nobody waits for it again
            await hasty.ask("PING")
    finally:
        await client.execute_command("CLIENT", "UNPAUSE")


async def test_a_line_that_is_cut_or_refused_ends_for_all(line: Questions, client: Any):
    own = await line.ask("CLIENT", "ID")
    await client.execute_command("CLIENT", "KILL", "ID", own)
    with pytest.raises((ConnectionError, OSError)):
        await line.ask("PING")

    other = Questions(client.connection_pool.make_connection(), PATIENCE_SECONDS)
    await other.connect()
    first, refused, behind = (other.ask(*words) for words in (("PING",), ("NO-SUCH-COMMAND",), ("PING",)))
    assert await first == b"PONG"
    other.data_received(b"+PONG\r\n")  # what was on its way then is for nobody
    for answer in (refused, behind):
        with pytest.raises(ResponseError, match="unknown command"):
            await answer
    await other.close()


async def test_limits_count_here_when_their_line_is_lost_and_together_again_later(
    config: Settings, client: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("server.core.limits.AWAY_SECONDS", 0.0)
    monkeypatch.setattr("server.core.limits.REDIS_SECONDS", PATIENCE_SECONDS)
    settings = config.model_copy(update={"rate_limits": "on", "rate_api_user": "3/minute"})
    one, other = Limiter(settings), Limiter(settings)
    who = str(uuid4())
    # Those who come before there is a line wait for the same one.
    assert sorted([state[0] for state in await asyncio.gather(*(one.hit("api", who) for _ in range(4)))]) == [
        False,
        True,
        True,
        True,
    ]
    assert one._shared is not None
    assert one._shared._line is not None
    await client.execute_command("CLIENT", "KILL", "ID", await one._shared._line.ask("CLIENT", "ID"))
    assert (await other.look("api", who))[0] is False
    # The first may be told of the cut and count alone; the line is made anew for who comes next.
    await one.look("api", who)
    assert (await one.look("api", who))[:3] == (False, 3, 0)
    for limiter in (one, other):
        await limiter.close()
