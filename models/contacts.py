"""People and companies that a team deals with."""

from __future__ import annotations

from typing import Any, ClassVar

from tortoise import fields

from models.records import Owned


def _no_address() -> dict[str, Any]:
    return {"line1": "", "line2": "", "city": "", "region": "", "postal_code": "", "country": None}


class Company(Owned):
    """A firm; it may be part of another one."""

    noun: ClassVar[str] = "company"
    kinds: ClassVar[str] = "companies"
    mergeable: ClassVar[bool] = True

    name = fields.TextField()
    domain = fields.TextField(null=True)
    parent_id = fields.UUIDField(null=True)
    address = fields.JSONField(default=_no_address)
    billing = fields.JSONField(default=dict)
    owner_id = fields.UUIDField(null=True)
    external_id = fields.TextField(null=True)

    class Meta:
        table = "company"


class Contact(Owned):
    """A person whom the team works for, buys from or works with."""

    noun: ClassVar[str] = "contact"
    kinds: ClassVar[str] = "contacts"
    mergeable: ClassVar[bool] = True

    kind = fields.TextField(default="client")
    name = fields.TextField()
    emails = fields.JSONField(default=list)
    phones = fields.JSONField(default=list)
    company_id = fields.UUIDField(null=True)
    title = fields.TextField(null=True)
    address = fields.JSONField(default=_no_address)
    owner_id = fields.UUIDField(null=True)
    consent = fields.JSONField(default=dict)
    external_id = fields.TextField(null=True)

    class Meta:
        table = "contact"
