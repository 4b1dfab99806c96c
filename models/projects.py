"""Projects, the people on them, and their milestones."""

from __future__ import annotations

from typing import Any, ClassVar

from tortoise import fields

from models.base import Record

DEFAULT_COLUMNS: list[dict[str, Any]] = [
    {"key": "todo", "name": "To do", "done": False},
    {"key": "doing", "name": "Doing", "done": False},
    {"key": "review", "name": "Review", "done": False},
    {"key": "done", "name": "Done", "done": True},
]


class Project(Record):
    """Work for a client, with a board of columns; scoped members see only the projects they are on."""

    noun: ClassVar[str] = "project"
    project_column: ClassVar[str | None] = "id"

    name = fields.TextField()
    status = fields.TextField(default="active")
    client_id = fields.UUIDField(null=True)
    start_on = fields.DateField(null=True)
    due_on = fields.DateField(null=True)
    budget = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3)
    color = fields.TextField(null=True)
    description = fields.TextField(null=True)
    columns = fields.JSONField(default=list)
    custom = fields.JSONField(default=dict)
    created_by = fields.UUIDField(null=True)

    class Meta:
        table = "project"


class ProjectMember(Record):
    """A person on a project."""

    noun: ClassVar[str] = "project_member"
    project_column: ClassVar[str | None] = "project_id"

    project_id = fields.UUIDField()
    user_id = fields.UUIDField()

    class Meta:
        table = "project_member"


class Milestone(Record):
    """A date by which something of the project stands."""

    noun: ClassVar[str] = "milestone"
    project_column: ClassVar[str | None] = "project_id"

    project_id = fields.UUIDField()
    name = fields.TextField()
    due_on = fields.DateField(null=True)
    done = fields.BooleanField(default=False)

    class Meta:
        table = "milestone"
