"""What requests carry and REST shows of tasks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints, model_validator

from models.todos import Task
from server.core.bulk import AT_ONCE
from server.core.schemas import In, Text, Time, finding
from server.core.view import Out, column
from server.settings.custom_fields import settled, shown

Priority = Literal["low", "medium", "high", "urgent"]
Title = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Label = Annotated[str, StringConstraints(min_length=1, max_length=50)]
Status = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Minutes = Annotated[int, Field(ge=0, le=10_000_000)]


def _distinct(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


Labels = Annotated[list[Label], Field(max_length=50), AfterValidator(_distinct)]
People = Annotated[list[UUID], Field(max_length=100), AfterValidator(_distinct)]


class TaskFields(In):
    """What of a task may be edited; what is left out gets its default."""

    project_id: UUID | None = None
    parent_id: UUID | None = None
    priority: Priority = "medium"
    assignee_ids: People = Field(default_factory=list)
    start_at: Time | None = None
    due_at: Time | None = None
    estimate_minutes: Minutes | None = None
    labels: Labels = Field(default_factory=list)
    description: Text | None = None
    custom: dict[str, Any] = Field(default_factory=dict)


class TaskIn(TaskFields):
    """A task. `status` is the key of one of the project's columns: `todo` if there is one, else the first."""

    title: Title
    status: Status | None = None


class ProjectTaskIn(TaskIn):
    """A task of the project in the path; `project_id` may repeat it."""


class TaskChanges(TaskFields):
    """The fields to change."""

    title: Title = ""
    status: Status = ""


class TaskPatch(TaskChanges):
    """The fields to change. `shift_dependents` moves the dates of all that waits for this task by as much."""

    shift_dependents: bool = False


class MoveIn(In):
    """Where on the board: a column, and there before or after another card; else at its end."""

    status: Status
    before_id: UUID | None = None
    after_id: UUID | None = None

    @model_validator(mode="after")
    def _one_side(self) -> MoveIn:
        if self.before_id is not None and self.after_id is not None:
            raise finding("after_id", "both_given", "Give before_id or after_id, not both.")
        return self


class BulkIn(In):
    """The same changes for many tasks: all or none."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=AT_ONCE)]
    changes: TaskChanges


class ChecklistCount(BaseModel):
    total: int
    done: int


ASSIGNEES = (
    "ARRAY(SELECT ta.user_id FROM task_assignee ta WHERE ta.team_id = t.team_id AND ta.task_id = t.id "
    "ORDER BY ta.position)"
)
# What is done waits for nothing.
BLOCKED = (
    "(t.completed_at IS NULL AND EXISTS (SELECT 1 FROM task_dependency d JOIN task b ON b.team_id = d.team_id "
    "AND b.id = d.depends_on_id WHERE d.team_id = t.team_id AND d.task_id = t.id AND b.completed_at IS NULL))"
)
CHECKLIST = (
    "(SELECT jsonb_build_object('total', count(*), 'done', count(*) FILTER (WHERE c.done)) FROM checklist_item c "
    "WHERE c.team_id = t.team_id AND c.task_id = t.id)"
)


class TaskOut(Out, of=Task):
    settled: ClassVar[str] = settled("task")

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    title: str
    project_id: UUID | None
    parent_id: UUID | None
    status: str
    rank: str
    priority: Priority
    assignee_ids: Annotated[list[UUID], column(ASSIGNEES)]
    start_at: datetime | None
    due_at: datetime | None
    estimate_minutes: int | None
    labels: list[str]
    description: str | None
    custom: Annotated[dict[str, Any], column(shown("task"), json=True)]
    blocked: Annotated[bool, column(BLOCKED)]
    checklist: Annotated[ChecklistCount, column(CHECKLIST, json=True)]
    completed_at: datetime | None
    created_by: UUID | None
