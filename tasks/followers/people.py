"""Whom a fact concerns, and what it is about, for the followers that tell people."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.db import connection
from tasks.followers.fact import Fact

PRESENT = """
SELECT m.id AS member_id, u.email, u.email_verified, u.name, u.language, u.timezone
FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.team_id = $1 AND m.id = ANY($2) AND m.left_at IS NULL AND u.deactivated_at IS NULL AND u.id <> $3
ORDER BY m.id
"""


@dataclass(frozen=True, slots=True)
class Person:
    """A member to be told."""

    member_id: UUID
    email: str
    email_verified: bool
    name: str
    language: str
    timezone: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a person is led to: the record itself, and for what hangs on a task or a proposal that."""

    kind: str
    id: UUID
    project_id: UUID | None


async def told(fact: Fact) -> list[Person]:
    """The members that the fact names, without whoever did it and who is gone."""
    named = list(fact.event().members())
    rows = await connection().fetch(PRESENT, fact.team_id, named, UUID(fact.actor["id"]))
    return [Person(**row) for row in rows]


def subject_of(fact: Fact) -> Subject:
    for kind in ("task", "proposal"):
        if fact.subject_kind != kind and (id := fact.data.get(f"{kind}_id")):
            return Subject(kind, UUID(id), fact.project_id)
    return Subject(fact.subject_kind, fact.subject_id, fact.project_id)
