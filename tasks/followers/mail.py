"""Mails about facts: one letter per person and fact, in their language and their time zone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.db import connection
from server.config import settings
from server.core.mail import LETTERS, send_mail
from tasks.followers.fact import Fact
from tasks.followers.notify import excerpt
from tasks.followers.people import Person, Subject, subject_of, told

LETTER_OF = {
    "task.assigned": "todos/assigned",
    "task.due_soon": "todos/due-soon",
    "task.unblocked": "todos/unblocked",
    "comment.mentioned": "todos/mentioned",
    "contract.ending": "contracts/ending",
}
TASK = """
SELECT t.title AS task, t.due_at AS due, coalesce(p.name, 'No project') AS project
FROM task t LEFT JOIN project p ON p.team_id = t.team_id AND p.id = t.project_id WHERE t.team_id = $1 AND t.id = $2
"""
CONTRACT = """
SELECT t.title AS contract, t.end_on AS ends, coalesce(c.name, p.name, '') AS party
FROM contract t LEFT JOIN company c ON c.team_id = t.team_id AND c.id = t.company_id
LEFT JOIN contact p ON p.team_id = t.team_id AND p.id = t.contact_id WHERE t.team_id = $1 AND t.id = $2
"""
Known = dict[str, Any]


async def mail(facts: list[Fact]) -> None:
    """Ask for a mail to each member that the fact names and whose address is confirmed."""
    for fact in facts:
        about = subject_of(fact)
        known = await _about(fact, about)
        if known is None:  # deleted meanwhile: nothing to be led to
            continue
        for person in await told(fact):
            if person.email_verified:
                await _write(fact, known, person)


async def _about(fact: Fact, about: Subject) -> Known | None:
    """What the letter tells of the record."""
    row = await connection().fetchrow(CONTRACT if about.kind == "contract" else TASK, fact.team_id, about.id)
    return None if row is None else {**row, "link": link(about)}


async def _write(fact: Fact, known: Known, person: Person) -> None:
    letter = LETTER_OF[fact.type]
    known = known | {"name": person.name, "actor": fact.actor["name"], "excerpt": excerpt(fact)}
    if "due" in known:
        known["due"] = when(known["due"], person.timezone, person.language)
    if "ends" in known:
        known["ends"] = on(known["ends"], person.language)
    await send_mail(
        person.email,
        letter,
        language=person.language,
        dedupe=f"{fact.id}:{person.member_id}",
        team_id=fact.team_id,
        **{name: known[name] for name in LETTERS[letter]},
    )


def link(about: Subject) -> str:
    """Where the record is in a browser; contracts have no page yet."""
    if about.kind == "contract":
        return settings().base_url
    page = f"/projects/{about.project_id}" if about.project_id else "/my-work"
    return f"{settings().base_url}{page}?task={about.id}"


def on(day: date | None, language: str) -> str:
    """A date in the form of the letters' language; empty without one."""
    if day is None:
        return ""
    return f"{day.day}.{day.month}.{day.year}" if language.startswith("de") else f"{day:%a} {day.day} {day:%b %Y}"


def when(at: datetime | None, timezone: str, language: str) -> str:
    """A time as the reader's clock shows it, in the form of the letters' language; empty without one."""
    if at is None:
        return ""
    try:
        local = at.astimezone(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError):
        local = at
    if language.startswith("de"):
        return f"{on(local.date(), language)}, {local:%H:%M} Uhr ({local.tzname()})"
    return f"{on(local.date(), language)}, {local:%H:%M} ({local.tzname()})"
