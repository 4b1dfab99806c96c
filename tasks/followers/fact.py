"""A fact as followers are given it: the row of the `event` table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from models.actors import Actor
from server.core.events import Event, catalogue

COLUMNS = (
    "e.id, e.team_id, e.type, e.at, e.actor, e.subject_kind, e.subject_id, e.subject_version, e.project_id, e.data, "
    "e.changes, e.detail, e.request_id, e.address"
)


@dataclass(frozen=True, slots=True)
class Fact:
    """What happened. JSON stays text until it is asked for."""

    id: UUID
    team_id: UUID
    type: str
    at: datetime
    actor_text: str
    subject_kind: str
    subject_id: UUID
    subject_version: int
    project_id: UUID | None
    data_text: str | None
    changes_text: str | None
    detail_text: str | None
    request_id: str
    address: str

    @classmethod
    def of(cls, row: asyncpg.Record) -> Fact:
        names = (part.strip().removeprefix("e.") for part in COLUMNS.split(","))
        return cls(*(row[name] for name in names))

    @property
    def actor(self) -> dict[str, Any]:
        return msgspec.json.decode(self.actor_text)

    @property
    def data(self) -> dict[str, Any]:
        return msgspec.json.decode(self.data_text) if self.data_text else {}

    @property
    def detail(self) -> dict[str, Any]:
        return msgspec.json.decode(self.detail_text) if self.detail_text else {}

    @property
    def changes(self) -> dict[str, list[Any]]:
        return msgspec.json.decode(self.changes_text) if self.changes_text else {}

    def event(self) -> Event:
        """The event as it was recorded. Raises `KeyError` for a type this code does not know: newer code will."""
        return catalogue[self.type].model_validate(self.detail)

    def by(self) -> Actor:
        """Who did it, as the one who causes what follows."""
        actor = self.actor
        return Actor(kind=actor["kind"], id=UUID(actor["id"]), name=actor["name"], team_id=self.team_id)
