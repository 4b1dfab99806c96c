"""What is told of tasks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from pydantic import Field

from server.core.events import Event, event
from server.core.rooms import Audience
from server.todos.schemas import TaskOut

LIVE = {Audience.PROJECT, Audience.MEMBERS}


class TaskEvent(Event):
    """Heard in the project's room; on a task without a project, by those whom it concerns (`hearers`)."""

    hearers: tuple[UUID, ...] = Field(default=(), exclude=True)

    def members(self) -> Iterable[UUID]:
        return self.hearers


@event("task.created", says="{actor} added {subject}", live=LIVE, webhook=True, shows=TaskOut)
class TaskCreated(TaskEvent):
    """There is a new task."""


@event("task.updated", says="{actor} changed {subject}: {changes}", live=LIVE, webhook=True, shows=TaskOut)
class TaskUpdated(TaskEvent):
    """Fields of the task changed; also a move, and what finishes it or opens it again."""


@event("task.completed", says="{actor} finished {subject}", live=LIVE, webhook=True, shows=TaskOut)
class TaskCompleted(TaskEvent):
    """The task came into a done column; follows its `task.updated`."""


@event("task.uncompleted", says="{actor} opened {subject} again", live=LIVE, webhook=True, shows=TaskOut)
class TaskUncompleted(TaskEvent):
    """The task left the done columns; follows its `task.updated`."""


@event("task.deleted", says="{actor} deleted the task “{title}”", live=LIVE, webhook=True)
class TaskDeleted(TaskEvent):
    """The task is gone, with what hung on it."""

    title: str


@event("task.left", says="{actor} moved the task “{title}” to another project", live={Audience.PROJECT})
class TaskLeft(Event):
    """The task is in another project now: its card leaves this board."""

    title: str


class _Telling(Event):
    member_ids: list[UUID]

    def members(self) -> Iterable[UUID]:
        return self.member_ids


@event(
    "task.assigned",
    says="{actor} asked {names} to do {subject}",
    live={Audience.MEMBERS},
    notify=True,
    mail=True,
    webhook=True,
    shows=TaskOut,
)
class TaskAssigned(_Telling):
    """These people were newly put on the task."""

    user_ids: list[UUID]
    names: list[str]


@event("task.unblocked", says="{subject} can start", live=LIVE, notify=True, mail=True, webhook=True, shows=TaskOut)
class TaskUnblocked(_Telling):
    """Nothing is left that this task waits for; `because_of` is the task that was finished, removed or let go."""

    because_of: UUID


@event("task.blocked", says="{subject} has to wait again", live=LIVE, webhook=True, shows=TaskOut)
class TaskBlocked(_Telling):
    """The task waits for another one; `because_of` is the task that was opened again."""

    because_of: UUID


@event("task.due_soon", says="{subject} is due soon", live={Audience.MEMBERS}, notify=True, mail=True, shows=TaskOut)
class TaskDueSoon(_Telling):
    """An open task is due within a day; told once per due date to those who are to do it."""

    due_at: datetime


class _Dependency(TaskEvent):
    depends_on_id: UUID
    depends_on_title: str


@event(
    "task.dependency_added",
    says="{subject} now waits for “{depends_on_title}”",
    live=LIVE,
    webhook=True,
    shows=TaskOut,
)
class TaskDependencyAdded(_Dependency):
    """The task waits for another one from now on."""


@event(
    "task.dependency_removed",
    says="{subject} no longer waits for “{depends_on_title}”",
    live=LIVE,
    webhook=True,
    shows=TaskOut,
)
class TaskDependencyRemoved(_Dependency):
    """The task no longer waits for the other one."""


@event("tasks.bulk_updated", says="{actor} changed {count} tasks of {project}", live={Audience.PROJECT}, webhook=True)
class TasksBulkUpdated(Event):
    """Many tasks of the project changed in one go; each has its own `task.updated` before this."""

    project: str
    count: int
    task_ids: list[UUID]
    fields: list[str]
