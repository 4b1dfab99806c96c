"""A socket lives as long as its token is renewed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.realtime.conftest import Listen
from tests.realtime.notes import Someone


async def test_a_token_that_is_not_renewed_ends_the_socket_after_its_grace(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any]
):
    at = await sockets_with(access_token_seconds=2, token_grace_seconds=0.5)
    listener = await listen(ann, at=at, life=2)
    assert await listener.heard("auth.expiring") == {"in": 0}
    assert await listener.heard("closed") == {"code": "token_expired"}
    await listener.heard("disconnect")
    assert listener.names == ["ready", "auth.expiring", "closed", "disconnect"]


async def test_a_renewed_token_keeps_the_socket_and_its_rooms(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any]
):
    at = await sockets_with(access_token_seconds=1, token_grace_seconds=2)
    listener = await listen(ann, at=at, life=2)
    for n in range(1, 5):  # until after the end of the first one's grace
        await listener.heard("auth.expiring", n)
        assert await listener.ask("auth", token=ann.token(life=1)) == {"ok": True}
    await ann.write("still here")
    await listener.up_to(ann.team, 1)
    assert listener.all("closed") == []


async def test_another_persons_token_or_a_bad_one_renews_nothing(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any]
):
    at = await sockets_with(access_token_seconds=3, token_grace_seconds=0.2)
    listener = await listen(ann, at=at, life=3)
    bob = ann.colleague("Bob")
    assert await listener.ask("auth", token=bob.token()) == {"ok": False, "code": "token_invalid"}
    assert await listener.ask("auth", token="nonsense") == {"ok": False, "code": "token_invalid"}
    assert await listener.ask("auth", token=ann.token(life=-1)) == {"ok": False, "code": "token_expired"}
    assert await listener.ask("auth") == {"ok": False, "code": "validation_failed"}
    assert await listener.heard("closed") == {"code": "token_expired"}
