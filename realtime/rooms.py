"""Which rooms there are, and who may read them; a domain registers its kind beside its events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from uuid import UUID

from models.actors import Actor
from server.core.permissions import Can
from server.core.rooms import member_room, portal_room, team_room

# Asked inside a unit of work as the actor: rows of other teams are out of sight there anyway.
MayRead = Callable[[Actor, UUID], Awaitable[bool]]
_kinds: dict[str, MayRead] = {}
_signals: dict[str, frozenset[str]] = {}


def room_kind(kind: str, *, signals: Iterable[str] = ()) -> Callable[[MayRead], MayRead]:
    """Register a kind of room by the right that reading it needs, and the signals (`typing`, …) that it takes."""

    def register(may_read: MayRead) -> MayRead:
        _kinds[kind] = may_read
        _signals[kind] = frozenset(signals)
        return may_read

    return register


def takes(room: str, signal: str) -> bool:
    """Whether people in the room may say this to each other."""
    return signal in _signals[room.partition(":")[0]]


async def may_read(actor: Actor, room: str) -> bool:
    """Whether this actor may be in the room; a name that is no room's is nobody's."""
    kind, _, text = room.partition(":")
    asked = _kinds.get(kind)
    if asked is None:
        return False
    try:
        id = UUID(text)
    except ValueError:
        return False
    return str(id) == text and await asked(actor, id)


def home_rooms(actor: Actor) -> list[str]:
    """The rooms that a socket is in from its first moment; the first of them is its own."""
    if actor.kind == "client":
        return [portal_room(actor.id)]
    return [member_room(actor.member_id), team_room(actor.team_id)]


def own_room(actor: Actor) -> str:
    """The room that tells what becomes of the connection itself."""
    return home_rooms(actor)[0]


@room_kind("team", signals=["typing"])
async def _team(actor: Actor, id: UUID) -> bool:
    return id == actor.team_id and actor.kind != "client"


@room_kind("member")
async def _member(actor: Actor, id: UUID) -> bool:
    return id == actor.member_id and actor.kind != "client"


@room_kind("portal")
async def _portal(actor: Actor, id: UUID) -> bool:
    return id == actor.id and actor.kind == "client"


@room_kind("projects")
async def _projects(actor: Actor, id: UUID) -> bool:
    return id == actor.team_id and not actor.scoped and actor.may(Can.PROJECTS_READ)
