"""A small agency in the middle of its work, made through the services, so that its log and feed are real."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from models.actors import NOBODY, Actor
from models.clock import now, today
from models.db import connection
from models.ids import uuid7
from server.auth import accounts, passwords
from server.auth.tokens import actor_from
from server.core.unit import unit_of_work
from server.projects import people as project_people
from server.projects import service as projects
from server.projects.schemas import ProjectIn
from server.seed import DEMO_PASSWORD, OWNER_EMAIL
from server.seed.content import PROJECTS, DemoProject, DemoTask
from server.todos import checklist, comments, dependencies
from server.todos import service as todos
from server.todos import time as timesheet
from server.todos.part_schemas import ChecklistItemIn, CommentIn, TimeEntryIn
from server.todos.schemas import TaskIn

TEAM = "Nordlicht Studio"
ACTORS = """
SELECT DISTINCT ON (u.id) u.email, m.id AS member_id, m.team_id, m.role, m.role_version,
       u.id, u.name, u.email_verified, u.language, u.timezone, t.settings ->> 'access' AS access
FROM member m JOIN app_user u ON u.id = m.user_id
    JOIN team t ON t.id = m.team_id WHERE u.email = ANY($1) ORDER BY u.id, m.joined_at
"""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    name: str
    role: str


PEOPLE = {
    OWNER_EMAIL: DemoPerson("Anna Berger", "owner"),
    "marco@studio.example": DemoPerson("Marco Rossi", "admin"),
    "lena@studio.example": DemoPerson("Lena Vogel", "manager"),
    "jonas@studio.example": DemoPerson("Jonas Lind", "member"),
}


async def people() -> dict[str, Actor]:
    """The team's four accounts, made in the running unit of work where they are missing."""
    if await connection().fetchval("SELECT 1 FROM app_user WHERE email = $1", OWNER_EMAIL) is None:
        await _hire()
    rows = await connection().fetch(ACTORS, list(PEOPLE))
    return {row["email"]: actor_from(row, NOBODY) for row in rows}


async def _hire() -> None:
    password_hash = await passwords.hashed(DEMO_PASSWORD)
    team_id: UUID | None = None
    for email, person in PEOPLE.items():
        user_id = uuid7()
        await connection().execute(accounts.ADD_USER, user_id, email, person.name, password_hash, now())
        await connection().execute("UPDATE app_user SET email_verified = true WHERE id = $1", user_id)
        if team_id is None:
            team_id = await accounts.found_team(TEAM, user_id)
        else:
            await connection().execute(accounts.ADD_MEMBER, uuid7(), team_id, user_id, person.role, now())


async def work(people: dict[str, Actor]) -> None:
    """The projects, with all that is in them."""
    by_name = {actor.name.split()[0].lower(): actor for actor in people.values()}
    async with unit_of_work(people[OWNER_EMAIL], read_only=True) as unit:
        there = {row["name"] for row in await unit.conn.fetch("SELECT name FROM project")}
    for project in PROJECTS:
        if project.name not in there:
            await _project(project, by_name)


async def _project(wanted: DemoProject, people: dict[str, Actor]) -> None:
    lead = people[wanted.people[0]]
    start = today() + timedelta(days=wanted.starts_in)
    async with unit_of_work(lead):
        body = ProjectIn(
            name=wanted.name,
            description=wanted.description,
            color=wanted.color,
            budget=wanted.budget,
            start_on=start,
            due_on=start + timedelta(days=wanted.lasts),
            status=wanted.status,
        )
        project = await projects.create(body.model_dump(), by=lead)
        for name in wanted.people[1:]:
            await project_people.put_on(project.id, people[name].id, by=lead)
    made: dict[str, UUID] = {}
    for task in wanted.tasks:
        made[task.title] = await _task(task, project.id, people, made)


async def _task(wanted: DemoTask, project_id: UUID, people: dict[str, Actor], made: dict[str, UUID]) -> UUID:
    by = people[wanted.people[0]] if wanted.people else people["lena"]
    async with unit_of_work(by):
        body = TaskIn(
            title=wanted.title,
            project_id=project_id,
            status=wanted.status,
            priority=wanted.priority,
            assignee_ids=[people[name].id for name in wanted.people],
            due_at=_evening(wanted.due_in),
            estimate_minutes=wanted.hours * 60 if wanted.hours else None,
            labels=list(wanted.labels),
            description=wanted.description,
        )
        task = await todos.create(body.model_dump(), by=by)
        for title in wanted.after:
            await dependencies.add(task["id"], made[title], by=by)
        for place, title in enumerate(wanted.checklist):
            item = ChecklistItemIn(title=title, done=place < wanted.ticked)
            await checklist.add(task["id"], item.model_dump(), by=by)
    await _talk(wanted, task["id"], people)
    return task["id"]


async def _talk(wanted: DemoTask, task_id: UUID, people: dict[str, Actor]) -> None:
    for name, words in wanted.said:
        async with unit_of_work(people[name]):
            await comments.create(task_id, CommentIn(body=words).model_dump(), by=people[name])
    for name, days_ago, minutes, note in wanted.worked:
        began = now() - timedelta(days=days_ago, minutes=minutes)
        values: dict[str, Any] = {"started_at": began, "ended_at": began + timedelta(minutes=minutes), "note": note}
        async with unit_of_work(people[name]):
            await timesheet.log(task_id, TimeEntryIn(**values).model_dump(), by=people[name])


def _evening(days: int | None) -> datetime | None:
    return None if days is None else datetime.combine(today() + timedelta(days=days), time(17), UTC)
