"""Where mails go in development, when no SMTP server is set."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from models.columns import TextArray


class DevMail(Model):
    """A mail as it would have been sent."""

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField()
    recipient = fields.TextField()
    subject = fields.TextField()
    text = fields.TextField()
    html = fields.TextField()
    links = TextArray(default=list)

    class Meta:
        table = "dev_mail"
