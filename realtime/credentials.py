"""Which token lets in whom: access tokens now; links and personal tokens register their kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from models.actors import Actor
from models.errors import Unauthorised


class Verify(Protocol):
    """Whom a token lets in and until when; `fresh` asks for the role as it is now. Raises `Unauthorised`."""

    def __call__(self, token: str, *, fresh: bool = False) -> Awaitable[tuple[Actor, datetime | None]]: ...


@dataclass(frozen=True, slots=True)
class Pass:
    """What a connection was let in with; a token without an end needs no renewal."""

    token: str
    actor: Actor
    expires_at: datetime | None


_kinds: list[tuple[Callable[[str], bool], Verify]] = []


def token_kind(recognises: Callable[[str], bool], verify: Verify) -> None:
    """Let in the holders of another kind of token. The first kind that recognises a token decides."""
    _kinds.append((recognises, verify))


async def admit(token: object, *, fresh: bool = False) -> Pass:
    """Check a token, whatever its kind. Raises `Unauthorised`: token_invalid, token_expired or token_revoked."""
    if isinstance(token, str) and token:
        for recognises, verify in _kinds:
            if recognises(token):
                actor, expires_at = await verify(token, fresh=fresh)
                return Pass(token, actor, expires_at)
    raise Unauthorised("Connect with a token: `auth: {token}`.", code="token_invalid")
