"""Consultants: contacts with skills, a rate and times when they can work."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields

from models.columns import TextArray
from models.db import connection
from models.records import Owned


class Consultant(Owned):
    """What of a contact is needed to engage them."""

    noun: ClassVar[str] = "consultant"
    kinds: ClassVar[str] = "consultants"
    mergeable: ClassVar[bool] = True
    own: ClassVar[tuple[str, ...]] = ("created_by",)

    contact_id = fields.UUIDField()
    skills = TextArray(default=list)
    day_rate = fields.BigIntField(null=True)
    currency = fields.CharField(max_length=3)
    available_from = fields.DateField(null=True)
    available_until = fields.DateField(null=True)

    class Meta:
        table = "consultant"

    async def label(self) -> str:
        sql = "SELECT name FROM contact WHERE team_id = $1 AND id = $2"
        return str(await connection().fetchval(sql, self.team_id, self.contact_id))
