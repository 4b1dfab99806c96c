"""A socket lives as long as its token is renewed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.realtime.conftest import Listen
from tests.realtime.notes import Someone


async def test_a_token_that_is_not_renewed_ends_the_socket_after_its_grace(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any]
):
    at = await sockets_with(access_token_seconds=1, token_grace_seconds=0.3)
    listener = await listen(ann, at=at, life=1)
    assert await listener.heard("auth.expiring") == {"in": 0}
    assert await listener.heard("closed") == {"code": "token_expired"}
    await listener.heard("disconnect")
    assert listener.names == ["ready", "auth.expiring", "closed", "disconnect"]


async def test_a_renewed_token_keeps_the_socket_and_another_persons_or_a_bad_one_does_not(
    ann: Someone, listen: Listen, sockets_with: Callable[..., Any]
):
    """The second socket shows when the first one would have ended; tokens of so short a life are warned of at once."""
    at = await sockets_with(access_token_seconds=900, token_grace_seconds=0.2)
    renewed, refused = await listen(ann, at=at, life=6), await listen(ann, at=at, life=6)
    for n, life in enumerate((6, 6, 900), start=1):
        await renewed.heard("auth.expiring", n)
        assert await renewed.ask("auth", token=ann.token(life=life)) == {"ok": True}
    bob = ann.colleague("Bob")
    assert await refused.ask("auth", token=bob.token()) == {"ok": False, "code": "token_invalid"}
    assert await refused.ask("auth", token="nonsense") == {"ok": False, "code": "token_invalid"}
    assert await refused.ask("auth", token=ann.token(life=-1)) == {"ok": False, "code": "token_expired"}
    assert await refused.ask("auth") == {"ok": False, "code": "validation_failed"}
    assert await refused.heard("closed") == {"code": "token_expired"}
    await ann.write("still here")
    await renewed.up_to(ann.team, 1)
    assert renewed.all("closed") == []
