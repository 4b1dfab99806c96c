"""In-app notifications: whom a fact names is told, except whoever did it, and hears of it at once."""

from __future__ import annotations

from models.clock import now
from models.db import connection
from models.notifications import Notification
from server.activity.sentences import sentence
from server.core.events import record
from server.notifications.events import NotificationCreated
from tasks.followers.fact import Fact
from tasks.followers.people import Person, subject_of, told

ADD = """
INSERT INTO notification (id, team_id, member_id, event_id, type, title, body, subject_kind, subject_id, project_id,
                          created_at, updated_at)
VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)
ON CONFLICT (team_id, member_id, event_id) DO NOTHING RETURNING *
"""
BODY_CHARACTERS = 200


async def notify(facts: list[Fact]) -> None:
    """Tell the members that the fact names."""
    for fact in facts:
        for person in await told(fact):
            await _tell(fact, person)


async def _tell(fact: Fact, person: Person) -> None:
    title = sentence(fact.type, fact.actor, fact.subject_kind, fact.data, fact.changes, fact.detail)
    about = subject_of(fact)
    place = (about.kind, about.id, about.project_id)
    values = (fact.team_id, person.member_id, fact.id, fact.type, title, excerpt(fact), *place, now())
    row = await connection().fetchrow(ADD, *values)
    if row is not None:
        made = Notification._init_from_db(**row)
        await record(NotificationCreated(member_id=person.member_id), about=made, by=fact.by())


def excerpt(fact: Fact) -> str:
    """The first words of what was written, for facts about something written."""
    text = fact.data.get("body") or fact.detail.get("excerpt") or ""
    return text if len(text) <= BODY_CHARACTERS else text[: BODY_CHARACTERS - 1].rstrip() + "…"
