"""What a client may say on its socket; a domain adds its own signals here by name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from models.errors import Conflict, NotFound, RateLimited, Unauthorised
from realtime.caps import Bucket
from realtime.connection import Connection
from realtime.credentials import admit
from realtime.join import JoinIn, RoomIn
from realtime.rooms import takes

if TYPE_CHECKING:
    from realtime.app import Realtime

Handler = Callable[["Realtime", Connection, Any], Awaitable[dict[str, Any]]]
HANDLERS: dict[str, Handler] = {}


def message(name: str) -> Callable[[Handler], Handler]:
    """Declare what happens when a client says `name`; what it gives is the acknowledgement."""

    def declare(handler: Handler) -> Handler:
        HANDLERS[name] = handler
        return handler

    return declare


class AuthIn(BaseModel):
    """What `auth` brings."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(max_length=4096)]


Short = Annotated[str, Field(max_length=200)]
Place = int | float | Short | None


class TypingIn(RoomIn):
    """Somebody types about `subject`: a record's id, or whatever the room's clients agree on."""

    subject: Short | Annotated[dict[Short, Short], Field(max_length=10)] | None = None


class CursorIn(TypingIn):
    """Somebody points at a place of `subject`: `at` is a position, a moment, or some of both by name."""

    at: Place | Annotated[dict[Short, Place], Field(max_length=10)]


@message("join")
async def join(realtime: Realtime, connection: Connection, said: Any) -> dict[str, Any]:
    _may_ask(connection)
    return await realtime.door.join(connection, JoinIn.model_validate(said))


@message("leave")
async def leave(realtime: Realtime, connection: Connection, said: Any) -> dict[str, Any]:
    return realtime.door.leave(connection, RoomIn.model_validate(said))


@message("auth")
async def auth(realtime: Realtime, connection: Connection, said: Any) -> dict[str, Any]:
    """Live on with a new token of the same person in the same team; another one is refused, and nothing changes."""
    _may_ask(connection)
    before = connection.actor
    try:
        admitted = await admit(AuthIn.model_validate(said).token)
    except Unauthorised as error:
        return {"ok": False, "code": error.code}
    after = admitted.actor
    if (after.kind, after.id, after.team_id, after.member_id) != (
        before.kind,
        before.id,
        before.team_id,
        before.member_id,
    ):
        return {"ok": False, "code": "token_invalid"}
    connection.renew(admitted)
    if after.role_version != connection.role_version:
        realtime.rights.recheck(connection)
    return {"ok": True}


@message("presence")
async def presence(realtime: Realtime, connection: Connection, said: Any) -> dict[str, Any]:
    _may_ask(connection)
    room = _joined(connection, RoomIn.model_validate(said).room)
    return {"ok": True, "members": await realtime.presence.ask(connection, room)}


@message("typing")
async def typing(realtime: Realtime, connection: Connection, said: Any) -> dict[str, Any]:
    asked = TypingIn.model_validate(said)
    return _signal(realtime, connection, "typing", asked, connection.signals)


@message("cursor")
async def cursor(realtime: Realtime, connection: Connection, said: Any) -> dict[str, Any]:
    return _signal(realtime, connection, "cursor", CursorIn.model_validate(said), connection.cursors)


def _signal(realtime: Realtime, connection: Connection, name: str, said: RoomIn, limit: Bucket) -> dict[str, Any]:
    """Pass a signal on to everyone else in the room, if rooms of its kind take it."""
    room = _joined(connection, said.room)
    if not takes(room, name):
        raise Conflict(code="signal_not_taken")
    if not limit.take(connection.loop.time()):
        raise RateLimited
    realtime.signals.say(connection, room, name, said.model_dump(exclude={"room"}))
    return {"ok": True}


def _may_ask(connection: Connection) -> None:
    if not connection.reads.take(connection.loop.time()):
        raise RateLimited


def _joined(connection: Connection, room: str) -> str:
    if not connection.is_in(room):
        raise NotFound
    return room
