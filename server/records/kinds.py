"""What there is of each kind of record; a domain declares its own with `Kind(…)` beside its events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import Field

from models.actors import Actor
from models.errors import wrong
from models.records import Activity, Owned
from server.core.events import Event
from server.core.permissions import Can
from server.core.view import Out, Row


class OwnedEvent(Event):
    """Heard in the kind's room, and by the owners who are kept to their own (`hearers`) in their own rooms."""

    hearers: tuple[UUID, ...] = Field(default=(), exclude=True)

    def members(self) -> tuple[UUID, ...]:
        return self.hearers


class NamedEvent(OwnedEvent):
    """An event that has no record to show any more, or none to show to those who hear it."""

    name: str


async def _alone(id: UUID, by: Actor) -> list[UUID]:
    return [id]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record: what it is, how REST shows it, what is told of it."""

    model: type[Owned]
    gives: type[Out]
    created: type[OwnedEvent]
    updated: type[OwnedEvent]
    deleted: type[NamedEvent]
    # What tells an owner that it is not theirs any more; None for kinds of which nobody is kept to their own.
    left: type[NamedEvent] | None = None
    # What a logged activity changes of the record, such as when it was last contacted.
    follows: Callable[[Any, Activity], Row] | None = None
    # The ids of the records whose notes and history the actor reads as this one's, its own among them.
    thread: Callable[[UUID, Actor], Awaitable[list[UUID]]] = _alone

    def __post_init__(self) -> None:
        _kinds[self.model.noun] = self

    @property
    def read(self) -> Can:
        return Can(f"{self.model.kinds}:read")

    @property
    def write(self) -> Can:
        return Can(f"{self.model.kinds}:write")


_kinds: dict[str, Kind] = {}


def kind_named(noun: str) -> Kind:
    return _kinds[noun]


async def named(noun: str, id: UUID, by: Actor) -> tuple[Kind, Owned]:
    """The record that a `subject {kind, id}` names. Raises `Invalid` if the actor cannot see it."""
    kind = _kinds[noun]
    if not by.may(kind.read) or not await kind.model.is_visible(by, id):
        raise wrong("subject.id", "not_found", f"There is no such {noun}.")
    return kind, await kind.model.get_visible(by, id=id)
