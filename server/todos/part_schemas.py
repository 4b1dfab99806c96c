"""What requests carry and REST shows of dependencies, comments, checklist items and time entries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from models.todos import ChecklistItem, Comment, TimeEntry
from server.core.schemas import Amount, In, Time
from server.core.view import Out, column, money
from server.todos.schemas import Minutes, TaskOut, Title

Visibility = Literal["team", "client"]
Markdown = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Note = Annotated[str, StringConstraints(max_length=2000)]
Position = Annotated[int, Field(ge=0, le=1_000_000)]


class DependencyIn(In):
    """The task to wait for."""

    depends_on_id: UUID


class DependenciesOut(BaseModel):
    """What blocks the task, done or not, and what it blocks."""

    blocked_by: list[TaskOut]
    blocks: list[TaskOut]


class CommentIn(In):
    """Markdown; `@Name`, `@e-mail` or `@[Name](user id)` calls somebody who may see the task; a first name does where
    only one of them has it."""

    body: Markdown
    visibility: Visibility = "team"


class CommentPatch(CommentIn):
    """The fields to change."""

    body: Markdown = ""


class AuthorOut(BaseModel):
    id: UUID
    name: str
    avatar_url: str | None


PERSON = (
    "(SELECT jsonb_build_object('id', u.id, 'name', u.name, 'avatar_url', u.avatar_url) FROM app_user u "
    "WHERE u.id = t.{0})"
)


class CommentOut(Out, of=Comment):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    task_id: UUID
    body: str
    mentions: list[UUID]
    author: Annotated[AuthorOut, column(PERSON.format("author_id"), json=True)]
    visibility: Visibility


class ChecklistItemIn(In):
    """A line to tick off; without a position it comes last."""

    title: Title
    done: bool = False
    position: Position | None = None


class ChecklistItemPatch(In):
    """The fields to change."""

    title: Title = ""
    done: bool = False
    position: Position = 0


class ChecklistItemOut(Out, of=ChecklistItem):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    task_id: UUID
    title: str
    done: bool
    position: int


class TimeEntryIn(In):
    """Time spent by the caller. Without an end and minutes it is a running timer, and stops the one that ran before;
    with minutes alone the end is reckoned from them."""

    started_at: Time
    ended_at: Time | None = None
    minutes: Minutes | None = None
    note: Note | None = None
    billable: bool = True
    rate: Amount | None = None


class TimeEntryPatch(TimeEntryIn):
    """The fields to change; minutes are reckoned anew from start and end unless they are sent."""

    started_at: Time = datetime.min


class TimeEntryOut(Out, of=TimeEntry):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    task_id: UUID
    user_id: UUID
    user: Annotated[AuthorOut, column(PERSON.format("user_id"), json=True)]
    started_at: datetime
    ended_at: datetime | None
    minutes: int | None
    note: str | None
    billable: bool
    rate: Annotated[str | None, money("rate")]
    currency: str
