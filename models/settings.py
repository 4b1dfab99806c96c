"""What a team sets up for itself."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields

from models.actors import Actor
from models.base import Condition, Record
from models.columns import TextArray


class CustomField(Record):
    """A field of the team's own on one kind of record; a deleted one keeps its row, and with it its key and type."""

    noun: ClassVar[str] = "custom_field"

    entity = fields.TextField()
    key = fields.TextField()
    label = fields.TextField()
    type = fields.TextField()
    options = TextArray(default=list)
    currency = fields.CharField(max_length=3, null=True)
    required = fields.BooleanField(default=False)
    position = fields.IntField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "custom_field"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        return Condition("t.team_id = {0} AND t.deleted_at IS NULL", (actor.team_id,))
