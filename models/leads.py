"""Leads: people who may become clients, on their way through the pipeline."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields

from models.records import Owned


class Lead(Owned):
    """Somebody who may become a client; what became of a converted one is in `contact_id` and its neighbours."""

    noun: ClassVar[str] = "lead"
    kinds: ClassVar[str] = "leads"
    own: ClassVar[tuple[str, ...]] = ("assigned_to_id", "created_by")

    name = fields.TextField()
    email = fields.TextField(null=True)
    phone = fields.TextField(null=True)
    company = fields.TextField(null=True)
    position = fields.TextField(null=True)
    status = fields.TextField(default="new")
    stage = fields.TextField(default="new")
    lost_reason = fields.TextField(null=True)
    score = fields.IntField(default=0)
    source = fields.TextField(default="manual")
    value = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3)
    assigned_to_id = fields.UUIDField(null=True)
    last_contact_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    converted_at = fields.DatetimeField(null=True)
    contact_id = fields.UUIDField(null=True)
    company_id = fields.UUIDField(null=True)
    project_id = fields.UUIDField(null=True)
    message = fields.TextField(null=True)
    consent = fields.JSONField(default=dict)
    form = fields.JSONField(null=True)

    class Meta:
        table = "lead"
