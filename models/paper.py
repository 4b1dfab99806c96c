"""Documents as they were printed, and the certificates that seal them."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields

from models.base import Record


class Paper(Record):
    """A document that was printed or is being printed, by all that it is made from."""

    noun: ClassVar[str] = "paper"

    key = fields.TextField()
    job_id = fields.UUIDField(null=True)
    object = fields.TextField(null=True)
    sha256 = fields.TextField(null=True)
    size = fields.IntField(null=True)
    note = fields.JSONField(default=dict)
    made_at = fields.DatetimeField(null=True)

    class Meta:
        table = "paper"


class SigningCertificate(Record):
    """A certificate of the team with its key, which only `server/core/seal.py` opens. `own`: the team brought it."""

    noun: ClassVar[str] = "signing_certificate"

    fingerprint = fields.TextField()
    chain = fields.TextField()
    sealed_key = fields.TextField()
    own = fields.BooleanField()
    retired_at = fields.DatetimeField(null=True)

    class Meta:
        table = "signing_certificate"
