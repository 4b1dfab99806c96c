"""What the first paint of a page shows: the same records that its script asks for over REST a moment later."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from models.actors import Actor
from models.base import Condition
from models.clock import now
from models.errors import NotFound
from models.projects import Project
from models.todos import Task
from server.auth.schemas import TeamOut
from server.core.view import Row
from server.projects.schemas import ProjectOut
from server.todos.schemas import TaskOut

OPEN = ("planned", "active", "on_hold")
SHOWN = 100
MINE = (
    "{visible} AND t.completed_at IS NULL AND EXISTS (SELECT 1 FROM task_assignee a WHERE a.team_id = t.team_id "
    "AND a.task_id = t.id AND a.user_id = {{{n}}})"
)
GROUPS = {"late": "Overdue", "today": "Today", "week": "This week", "later": "Later", "someday": "No date"}


def _plain(rows: Any) -> Any:
    """As JSON shows it: a template must not tell a UUID from its text."""
    return msgspec.json.decode(msgspec.json.encode(rows))


async def frame(by: Actor, open_id: UUID | None = None) -> Row:
    """What stands around every page: who I am, and my active projects."""
    team = await TeamOut.read(by.team_id)
    rail = [p for p in await _projects(by, ("active",)) if p["status"] == "active"][:30]
    me = {"id": str(by.id), "name": by.name, "team": team["name"]}
    return {"me": me, "rail": rail, "open_id": str(open_id) if open_id else None}


async def nothing(by: Actor) -> None:
    """For a page whose script asks for everything in it."""


async def projects(by: Actor) -> list[Row]:
    """The open projects as cards, by age like the list of the API."""
    return await _projects(by, OPEN, include=("members",), order="t.created_at DESC, t.id DESC")


async def _projects(by: Actor, states: tuple[str, ...], *, include: tuple[str, ...] = (), order: str = "t.name") -> Any:
    visible = Project.visible_to(by)
    where = Condition(f"{visible.sql} AND t.status = ANY({{{len(visible.args)}}})", (*visible.args, list(states)))
    return _plain(await ProjectOut.many(where, order=f"{order} LIMIT {SHOWN}", include=include))


async def my_work(by: Actor) -> list[Row]:
    """My open tasks in groups by their due date."""
    visible = Task.visible_to(by)
    sql = MINE.format(visible=visible.sql, n=len(visible.args))
    tasks = _plain(await TaskOut.many(Condition(sql, (*visible.args, by.id)), order="t.due_at NULLS LAST LIMIT 200"))
    names = {p["id"]: p for p in await _projects(by, OPEN)}
    groups: dict[str, list[Row]] = {key: [] for key in GROUPS}
    for task in tasks:
        project = names.get(task["project_id"], {})
        task |= {"project_name": project.get("name"), "project_color": project.get("color")}
        groups[_group(task["due_at"])].append(task)
    return [{"key": key, "name": GROUPS[key], "tasks": groups[key]} for key in GROUPS]


def _group(due_at: str | None) -> str:
    if due_at is None:
        return "someday"
    days = (msgspec.convert(due_at, type=type(now())).date() - now().date()).days
    return "late" if days < 0 else "today" if days == 0 else "week" if days <= 7 else "later"


async def board(by: Actor, id: UUID) -> Row | None:
    """A project with its people, and its columns with their cards; None, if it is not theirs to see."""
    try:
        project = _plain(await ProjectOut.one(by, id, ("members",)))
    except NotFound:
        return None
    tasks = _plain(
        await TaskOut.many(Condition("t.team_id = {0} AND t.project_id = {1}", (by.team_id, id)), order="t.rank")
    )
    columns = [c | {"tasks": [t for t in tasks if t["status"] == c["key"]]} for c in project["columns"]]
    return {"project": project, "columns": columns}
