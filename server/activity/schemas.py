"""What the activity feed shows of a fact."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel


class ActorOut(BaseModel):
    kind: str
    id: UUID
    name: str


class SubjectOut(BaseModel):
    kind: str
    id: UUID
    version: int


class ActivityOut(BaseModel):
    """`sentence` is for people; the rest is what it was made from."""

    id: UUID
    type: str
    at: datetime
    actor: ActorOut
    subject: SubjectOut
    sentence: str
    changes: dict[str, list[Any]]
    detail: dict[str, Any]


class ActivityPage(BaseModel):
    items: list[ActivityOut]
    next_cursor: str | None
