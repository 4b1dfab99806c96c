"""Tasks and what hangs on them: comments, checklist items, time entries."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from tortoise import fields

from models.actors import Actor
from models.base import Condition, Record
from models.columns import TextArray, UUIDArray

# Of tasks on no project, a scoped member sees the ones they made or are assigned to.
SEEN_BY_SCOPED = (
    "(EXISTS (SELECT 1 FROM project_member pm WHERE pm.team_id = {t}.team_id AND pm.project_id = {t}.project_id "
    "AND pm.user_id = {{1}}) OR ({t}.project_id IS NULL AND ({t}.created_by = {{1}} OR EXISTS (SELECT 1 FROM "
    "task_assignee ta WHERE ta.team_id = {t}.team_id AND ta.task_id = {t}.id AND ta.user_id = {{1}}))))"
)


class Task(Record):
    """Something to do; its status is the key of a column of its project's board."""

    noun: ClassVar[str] = "task"

    project_id = fields.UUIDField(null=True)
    parent_id = fields.UUIDField(null=True)
    title = fields.TextField()
    status = fields.TextField()
    rank = fields.TextField()
    priority = fields.TextField(default="medium")
    start_at = fields.DatetimeField(null=True)
    due_at = fields.DatetimeField(null=True)
    estimate_minutes = fields.IntField(null=True)
    labels = TextArray(default=list)
    description = fields.TextField(null=True)
    custom = fields.JSONField(default=dict)
    completed_at = fields.DatetimeField(null=True)
    created_by = fields.UUIDField(null=True)

    class Meta:
        table = "task"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        if not actor.scoped:
            return Condition("t.team_id = {0}", (actor.team_id,))
        return Condition("t.team_id = {0} AND " + SEEN_BY_SCOPED.format(t="t"), (actor.team_id, actor.id))


class OfTask(Record):
    """A row that hangs on a task: who sees the task sees it."""

    task_id = fields.UUIDField()
    # The task's, put here by who loads the row, so that its events are heard in the project's room.
    project_id: UUID | None = None

    class Meta:
        abstract = True

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        if not actor.scoped:
            return Condition("t.team_id = {0}", (actor.team_id,))
        seen = SEEN_BY_SCOPED.format(t="k")
        return Condition(
            "t.team_id = {0} AND EXISTS (SELECT 1 FROM task k WHERE k.team_id = t.team_id AND k.id = t.task_id AND "
            + f"{seen})",
            (actor.team_id, actor.id),
        )


class Comment(OfTask):
    """What somebody said about a task, in Markdown."""

    noun: ClassVar[str] = "comment"

    author_id = fields.UUIDField()
    body = fields.TextField()
    mentions = UUIDArray(default=list)
    visibility = fields.TextField(default="team")

    class Meta:
        table = "comment"


class ChecklistItem(OfTask):
    """A line to tick off on a task."""

    noun: ClassVar[str] = "checklist_item"

    title = fields.TextField()
    done = fields.BooleanField(default=False)
    position = fields.IntField()

    class Meta:
        table = "checklist_item"


class TimeEntry(OfTask):
    """Time that a person spent on a task; while it has no end, the timer runs."""

    noun: ClassVar[str] = "time_entry"

    user_id = fields.UUIDField()
    started_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    minutes = fields.IntField(null=True)
    note = fields.TextField(null=True)
    billable = fields.BooleanField(default=True)
    rate = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3)

    class Meta:
        table = "time_entry"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        """One's own, unless one may see everybody's."""
        seen = super().visible_to(actor)
        if actor.may("time:read_all"):
            return seen
        own = len(seen.args)
        return Condition(f"{seen.sql} AND t.user_id = {{{own}}}", (*seen.args, actor.id))
