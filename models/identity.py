"""People, teams, memberships and signed-in sessions."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from models.actors import Actor
from models.base import Condition, Record, Versioned
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


class Team(Versioned):
    """A firm; the wall between tenants runs around it. Its row is the one that has no `team_id`: it is the team."""

    noun: ClassVar[str] = "team"
    # NO KEY: every fact refers to its team and is written while rooms are locked, so who holds the team and waits for a
    # room must not keep it waiting.
    row_lock: ClassVar[str] = "NO KEY UPDATE"

    name = fields.TextField()
    slug = fields.TextField()
    currency = fields.CharField(max_length=3, default="EUR")
    settings = fields.JSONField(default=dict)
    business = fields.JSONField(default=dict)
    logo = fields.JSONField(null=True)
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "team"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        """The person's teams; inside one team's unit of work the wall leaves that one."""
        return Condition(
            "t.deleted_at IS NULL AND EXISTS (SELECT 1 FROM member m WHERE m.team_id = t.id AND m.user_id = {0} "
            "AND m.left_at IS NULL)",
            (actor.id,),
        )


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


class Invitation(Record):
    """An address asked to join a team with a role; open until it is accepted, or withdrawn and so gone."""

    noun: ClassVar[str] = "invitation"

    email = fields.TextField()
    role = fields.TextField()
    token_hash = fields.BinaryField()
    invited_by = fields.UUIDField()
    sent_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    accepted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "invitation"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        return Condition("t.team_id = {0} AND t.accepted_at IS NULL", (actor.team_id,))


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
