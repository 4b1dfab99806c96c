"""Imports: a file of records, what became of each row, and what is needed to take all of it back."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields

from models.actors import Actor
from models.base import Condition, Record

MANAGE = "jobs:manage"


class Import(Record):
    """A file that is tried (`previewed`), imported (`running`, `done`, `failed`) or taken back (`undone`)."""

    noun: ClassVar[str] = "import"

    kind = fields.TextField()
    member_id = fields.UUIDField()
    file_name = fields.TextField()
    file_key = fields.TextField()
    format = fields.TextField()
    encoding = fields.TextField(null=True)
    delimiter = fields.TextField(null=True)
    state = fields.TextField(default="running")
    dry_run = fields.BooleanField(default=False)
    duplicates = fields.TextField(default="update")
    mapping = fields.JSONField(default=dict)
    targets = fields.JSONField(default=list)
    columns = fields.JSONField(default=list)
    preview = fields.JSONField(default=list)
    total = fields.IntField(default=0)
    read = fields.IntField(default=0)
    created = fields.IntField(default=0)
    updated = fields.IntField(default=0)
    skipped = fields.IntField(default=0)
    failed = fields.IntField(default=0)
    error = fields.TextField(null=True)
    job_id = fields.UUIDField()
    undo_job_id = fields.UUIDField(null=True)
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "data_import"

    @property
    def kinds(self) -> str:
        """The plural, by which the room is called that hears of the import."""
        return {"company": "companies"}.get(self.kind, f"{self.kind}s")

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        """Who started an import sees it; who manages jobs sees all of the team's."""
        if actor.may(MANAGE):
            return Condition("t.team_id = {0}", (actor.team_id,))
        return Condition("t.team_id = {0} AND t.member_id = {1}", (actor.team_id, actor.member_id))
