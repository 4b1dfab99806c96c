"""Lists as people like to see them."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields

from models.actors import Actor
from models.base import Condition, Record
from models.columns import TextArray

# The permission by which each kind's list is read; who lacks it has no use for a view of it.
READ: dict[str, str] = {
    "company": "companies:read",
    "consultant": "consultants:read",
    "contact": "contacts:read",
    "contract": "contracts:read",
    "lead": "leads:read",
    "project": "projects:read",
    "task": "tasks:read",
}


class SavedView(Record):
    """A filter, a sort and columns for the list of one kind; its owner's alone, or shared with the team."""

    noun: ClassVar[str] = "view"

    kind = fields.TextField()
    name = fields.TextField()
    shared = fields.BooleanField(default=False)
    owner_id = fields.UUIDField()
    filters = fields.JSONField(default=dict)  # as `filter` in REST, which is a method of every model
    sort = fields.TextField(null=True)
    columns = TextArray(default=list)
    custom_keys = TextArray(default=list)

    class Meta:
        table = "saved_view"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        readable = [kind for kind, permission in READ.items() if actor.may(permission)]
        return Condition(
            "t.team_id = {0} AND t.kind = ANY({2}) AND (t.shared OR t.owner_id = {1})",
            (actor.team_id, actor.id, readable),
        )
