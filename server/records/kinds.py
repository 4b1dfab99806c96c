"""What there is of each kind of record; a domain declares its own with `Kind(…)` beside its events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import Field

from models.actors import Actor
from models.base import Record
from models.db import connection
from models.errors import wrong
from models.records import Activity, Owned
from server.core.events import Event, record
from server.core.permissions import Can
from server.core.view import Out, Row
from server.records.hearers import hearers


class OwnedEvent(Event):
    """Heard in the kind's room, and by the owners who are kept to their own (`hearers`) in their own rooms."""

    hearers: tuple[UUID, ...] = Field(default=(), exclude=True)

    def members(self) -> tuple[UUID, ...]:
        return self.hearers


class NamedEvent(OwnedEvent):
    """An event that has no record to show any more, or none to show to those who hear it."""

    name: str


class MergedEvent(OwnedEvent):
    """Another record is part of this one now; `dropped` has what it had otherwise than this one, by field."""

    from_id: UUID
    from_name: str
    dropped: dict[str, Any]


WITH_MERGED = "SELECT id FROM merged_record WHERE team_id = $1 AND into_id = $2"


async def with_merged(id: UUID, by: Actor) -> list[UUID]:
    """The record's id, and those of the records that were merged into it: what happened with them is its history."""
    return [id, *(row["id"] for row in await connection().fetch(WITH_MERGED, by.team_id, id))]


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
    thread: Callable[[UUID, Actor], Awaitable[list[UUID]]] = with_merged
    merged: type[MergedEvent] | None = None

    def __post_init__(self) -> None:
        _kinds[self.model.noun] = self
        Named(self.model, self.gives, self._told)

    async def _told(self, found: Any, by: Actor) -> OwnedEvent:
        return self.updated(hearers=await hearers(found, by))

    @property
    def read(self) -> Can:
        return Can(f"{self.model.kinds}:read")

    @property
    def write(self) -> Can:
        return Can(f"{self.model.kinds}:write")


@dataclass(frozen=True, slots=True)
class Named:
    """Records that may name another one; what is told of each when that one is called otherwise."""

    model: type[Record]
    gives: type[Out]
    told: Callable[[Any, Actor], Awaitable[Event]]

    def __post_init__(self) -> None:
        _naming[self.model.table()] = self

    async def rename(self, column: str, old: UUID, new: UUID, *, by: Actor) -> None:
        """In every record that names `old` there, name `new`, and tell of each."""
        for found in await self.model.naming(column, old, team_id=by.team_id):
            changes, shown = await self.gives.change(found, {column: new})
            await record(await self.told(found, by), about=found, by=by, changes=changes, data=shown)


_kinds: dict[str, Kind] = {}
_naming: dict[str, Named] = {}


def named_by(table: str) -> Named | None:
    """What is told of the table's records when one that they name is called otherwise."""
    return _naming.get(table)


def kind_named(noun: str) -> Kind:
    return _kinds[noun]


async def named(noun: str, id: UUID, by: Actor) -> tuple[Kind, Owned]:
    """The record that a `subject {kind, id}` names. Raises `Invalid` if the actor cannot see it."""
    kind = _kinds[noun]
    if not by.may(kind.read) or not await kind.model.is_visible(by, id):
        raise wrong("subject.id", "not_found", f"There is no such {noun}.")
    return kind, await kind.model.get_visible(by, id=id)
