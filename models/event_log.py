"""The log: a counter per room, each fact once, each fact as a room sees it, and its delivery to each follower."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Stream(Model):
    """A room's counter: `head` is the last seq, `floor` the last one no longer kept, `epoch` changes on a restore."""

    room = fields.CharField(max_length=255, primary_key=True)
    team_id = fields.UUIDField()
    epoch = fields.TextField()
    head = fields.BigIntField(default=0)
    floor = fields.BigIntField(default=0)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "stream"


class LoggedEvent(Model):
    """A fact, once, whatever number of rooms hear it."""

    id = fields.UUIDField(primary_key=True)
    team_id = fields.UUIDField()
    type = fields.TextField()
    at = fields.DatetimeField()
    actor = fields.JSONField()
    subject_kind = fields.TextField()
    subject_id = fields.UUIDField()
    subject_version = fields.IntField()
    project_id = fields.UUIDField(null=True)
    data = fields.JSONField(null=True)
    changes = fields.JSONField(null=True)
    detail = fields.JSONField(null=True)
    request_id = fields.TextField(default="")
    address = fields.TextField(default="")

    class Meta:
        table = "event"


class Delivery(Model):
    """One follower's duty towards one event: queued until done, dead after too many tries."""

    id = fields.UUIDField(primary_key=True)
    team_id = fields.UUIDField()
    event_id = fields.UUIDField()
    follower = fields.TextField()
    state = fields.TextField(default="queued")
    attempt = fields.IntField(default=0)
    run_at = fields.DatetimeField()
    last_error = fields.TextField(null=True)
    done_at = fields.DatetimeField(null=True)

    class Meta:
        table = "delivery"
