"""The audit trail: append-only, each row carrying the hash of the one before it, one chain per team."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class AuditEntry(Model):
    """Who did what to what, from where. `hash` covers the row and `previous`, the hash of the team's row before."""

    id = fields.UUIDField(primary_key=True)
    team_id = fields.UUIDField()
    seq = fields.BigIntField()
    event_id = fields.UUIDField()
    at = fields.DatetimeField()
    action = fields.TextField()
    actor_kind = fields.TextField()
    actor_id = fields.TextField()
    actor_name = fields.TextField()
    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    subject_version = fields.IntField()
    project_id = fields.UUIDField(null=True)
    changes = fields.JSONField(null=True)
    detail = fields.JSONField(null=True)
    address = fields.TextField(default="")
    request_id = fields.TextField(default="")
    previous = fields.BinaryField()
    hash = fields.BinaryField()

    class Meta:
        table = "audit_entry"


class AuditHead(Model):
    """Where a team's chain ends, so that a removed last row shows too."""

    team_id = fields.UUIDField(primary_key=True)
    seq = fields.BigIntField()
    hash = fields.BinaryField()

    class Meta:
        table = "audit_head"
