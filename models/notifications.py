"""What a member is told in-app, and the marks that keep a reminder from being given twice."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from models.actors import Actor
from models.base import Condition, Record


class Notification(Record):
    """One thing told to one membership; nobody else sees it."""

    noun: ClassVar[str] = "notification"

    member_id = fields.UUIDField()
    event_id = fields.UUIDField()
    type = fields.TextField()
    title = fields.TextField()
    body = fields.TextField(default="")
    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    project_id = fields.UUIDField(null=True)
    read_at = fields.DatetimeField(null=True)

    class Meta:
        table = "notification"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        return Condition("t.team_id = {0} AND t.member_id = {1}", (actor.team_id, actor.member_id))


class DueReminder(Model):
    """The mark that people were reminded of this due date of this task."""

    task_id = fields.UUIDField(primary_key=True)  # together with due_at
    team_id = fields.UUIDField()
    due_at = fields.DatetimeField()
    at = fields.DatetimeField()

    class Meta:
        table = "due_reminder"
