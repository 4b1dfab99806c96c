"""Work for later: a row is the truth, a message only rings the bell."""

from __future__ import annotations

from typing import ClassVar

from tortoise import fields
from tortoise.models import Model

from models.actors import Actor
from models.base import Condition, Record

MANAGE = "jobs:manage"


class Job(Record):
    """One piece of work: claimed by attempt, leased with a heartbeat, finished together with its effect."""

    noun: ClassVar[str] = "job"

    team_id = fields.UUIDField(null=True)  # a password mail belongs to no team
    created_by = fields.UUIDField(null=True)  # the membership that asked, which hears of the progress
    kind = fields.TextField()
    queue = fields.TextField(default="fast")
    args = fields.JSONField(default=dict)
    state = fields.TextField(default="queued")
    run_at = fields.DatetimeField()
    attempt = fields.IntField(default=0)
    max_attempts = fields.IntField(default=5)
    lease_until = fields.DatetimeField(null=True)
    worker = fields.TextField(null=True)
    progress = fields.IntField(default=0)
    step = fields.TextField(null=True)
    last_error = fields.TextField(null=True)
    result = fields.JSONField(null=True)
    cancel_requested = fields.BooleanField(default=False)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    dedupe = fields.TextField(null=True)
    request_id = fields.TextField(default="")

    class Meta:
        table = "job"

    @classmethod
    def visible_to(cls, actor: Actor) -> Condition:
        """Who started a job sees it; who manages jobs sees all of the team's."""
        if actor.may(MANAGE):
            return Condition("t.team_id = {0}", (actor.team_id,))
        return Condition("t.team_id = {0} AND t.created_by = {1}", (actor.team_id, actor.member_id))


class CronFire(Model):
    """An occurrence of a schedule that has been turned into a job: recorded once, whoever is first."""

    name = fields.CharField(max_length=255, primary_key=True)
    at = fields.DatetimeField()
    job_id = fields.UUIDField(null=True)

    class Meta:
        table = "cron_fire"
