"""Mails about facts: one letter per person and fact, in their language and their time zone."""

from __future__ import annotations

from datetime import datetime
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
}
TASK = """
SELECT t.title, t.due_at, coalesce(p.name, 'No project') AS project
FROM task t LEFT JOIN project p ON p.team_id = t.team_id AND p.id = t.project_id WHERE t.team_id = $1 AND t.id = $2
"""


async def mail(facts: list[Fact]) -> None:
    """Ask for a mail to each member that the fact names and whose address is confirmed."""
    for fact in facts:
        about = subject_of(fact)
        task = await connection().fetchrow(TASK, fact.team_id, about.id)
        if task is None:  # deleted meanwhile: nothing to be led to
            continue
        for person in await told(fact):
            if person.email_verified:
                await _write(fact, about, dict(task), person)


async def _write(fact: Fact, about: Subject, task: dict[str, Any], person: Person) -> None:
    letter = LETTER_OF[fact.type]
    known = {
        "name": person.name,
        "actor": fact.actor["name"],
        "task": task["title"],
        "project": task["project"],
        "due": when(task["due_at"], person.timezone, person.language),
        "excerpt": excerpt(fact),
        "link": link(about),
    }
    await send_mail(
        person.email,
        letter,
        language=person.language,
        dedupe=f"{fact.id}:{person.member_id}",
        team_id=fact.team_id,
        **{name: known[name] for name in LETTERS[letter]},
    )


def link(about: Subject) -> str:
    """Where the task is in a browser."""
    page = f"/projects/{about.project_id}" if about.project_id else "/my-work"
    return f"{settings().base_url}{page}?task={about.id}"


def when(at: datetime | None, timezone: str, language: str) -> str:
    """A time as the reader's clock shows it, in the form of the letters' language; empty without one."""
    if at is None:
        return ""
    try:
        local = at.astimezone(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError):
        local = at
    if language.startswith("de"):
        return f"{local.day}.{local.month}.{local.year}, {local:%H:%M} Uhr ({local.tzname()})"
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} ({local.tzname()})"
