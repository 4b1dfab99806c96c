"""People, teams, memberships and signed-in sessions."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from models.base import Record
from models.columns import TextArray


class User(Model):
    """An account; one person, in as many teams as invite them. Global: read by a team only through its members."""

    id = fields.UUIDField(primary_key=True)
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    email = fields.TextField()
    email_verified = fields.BooleanField(default=False)
    name = fields.TextField()
    timezone = fields.TextField(default="UTC")
    language = fields.TextField(default="en")
    avatar_url = fields.TextField(null=True)
    password_hash = fields.TextField()
    totp_secret = fields.TextField(null=True)
    two_factor = fields.BooleanField(default=False)
    totp_last_step = fields.BigIntField(default=0)
    recovery_hashes = TextArray(default=list)
    deactivated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "app_user"


class Team(Model):
    """A firm; the wall between tenants runs around it."""

    id = fields.UUIDField(primary_key=True)
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    name = fields.TextField()
    slug = fields.TextField()
    currency = fields.CharField(max_length=3, default="EUR")
    settings = fields.JSONField(default=dict)
    business = fields.JSONField(default=dict)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "team"


class Member(Record):
    """A person in a team, with a role. `role_version` grows with each change of what a token stands for.

    Who leaves keeps the row, with `left_at`: what they wrote still names them.
    """

    noun: ClassVar[str] = "member"

    user_id = fields.UUIDField()
    role = fields.TextField()
    role_version = fields.IntField(default=1)
    joined_at = fields.DatetimeField()
    left_at = fields.DatetimeField(null=True)

    class Meta:
        table = "member"


class Session(Model):
    """A sign-in on one device: a family of refresh tokens of which only the newest is good."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    team_id = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_because = fields.TextField(null=True)
    refresh_hash = fields.BinaryField()
    in_cookie = fields.BooleanField(default=False)
    user_agent = fields.TextField(default="")
    address = fields.TextField(default="")

    class Meta:
        table = "auth_session"


class SpentRefreshToken(Model):
    """A refresh token that was used; its successor can be read for a few seconds, for a client that lost the answer."""

    token_hash = fields.BinaryField(primary_key=True)
    session_id = fields.UUIDField()
    used_at = fields.DatetimeField()
    successor = fields.TextField(null=True)

    class Meta:
        table = "spent_refresh_token"


class MailedToken(Model):
    """A token that a mail carries: used once, by whoever reads that address."""

    id = fields.UUIDField(primary_key=True)
    user_id = fields.UUIDField()
    kind = fields.TextField()
    token_hash = fields.BinaryField()
    email = fields.TextField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    used_at = fields.DatetimeField(null=True)

    class Meta:
        table = "mailed_token"
