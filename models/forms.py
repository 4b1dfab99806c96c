"""Forms on web pages, whose submissions become leads."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields

from models.base import Record
from models.columns import TextArray, UUIDArray


class Form(Record):
    """What a form asks for, where it may stand, and what becomes of who fills it in."""

    noun: ClassVar[str] = "form"

    name = fields.TextField()
    active = fields.BooleanField(default=True)
    token = fields.TextField()
    title = fields.TextField(null=True)
    intro = fields.TextField(null=True)
    button = fields.TextField(null=True)
    thanks = fields.TextField(null=True)
    thanks_url = fields.TextField(null=True)
    inputs = fields.JSONField()
    origins = TextArray(default=list)
    consent_text = fields.TextField(null=True)
    consent_required = fields.BooleanField(default=False)
    assigned_to_id = fields.UUIDField(null=True)
    stage = fields.TextField(null=True)
    tag_ids = UUIDArray(default=list)
    created_by = fields.UUIDField(null=True)

    class Meta:
        table = "form"
