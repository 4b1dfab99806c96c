"""Contracts with companies and contacts."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields

from models.records import Owned


class Contract(Owned):
    """What was agreed with whom, what it is worth, from when until when."""

    noun: ClassVar[str] = "contract"
    kinds: ClassVar[str] = "contracts"
    own: ClassVar[tuple[str, ...]] = ("created_by",)

    title = fields.TextField()
    company_id = fields.UUIDField(null=True)
    contact_id = fields.UUIDField(null=True)
    status = fields.TextField(default="draft")
    value = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3)
    start_on = fields.DateField(null=True)
    end_on = fields.DateField(null=True)
    notice_days = fields.IntField(null=True)
    # The end of which people were reminded; another end is reminded of anew.
    reminded_of = fields.DateField(null=True)

    class Meta:
        table = "contract"
