"""Ask for work later: a row in the caller's transaction, a bell after its commit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from models.clock import now
from models.db import to_json
from models.ids import uuid7
from server.core.unit import current

Ring = Callable[[str, UUID], None]
# The process puts its bell here (queue name, job id); without one the sweeper finds the row within a second or two.
ring: Ring | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """What a handler gives that leaves the work to a job: 202 with its id. The route says so with `later=True`."""

    job_id: UUID

    @classmethod
    def of(cls, job_id: UUID | None) -> Later:
        assert job_id is not None  # only a job with a `dedupe` may be there already
        return cls(job_id)


ENQUEUE = """
INSERT INTO job (id, team_id, created_by, kind, queue, args, run_at, max_attempts, dedupe, request_id, created_at,
                 updated_at)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11, $11)
ON CONFLICT (kind, dedupe) WHERE dedupe IS NOT NULL DO NOTHING
RETURNING id
"""


async def enqueue(
    kind: str,
    args: dict[str, Any],
    *,
    queue: str = "fast",
    after: timedelta = timedelta(),
    run_at: datetime | None = None,
    dedupe: str | None = None,
    max_attempts: int = 5,
    team_id: UUID | None = None,
) -> UUID | None:
    """Insert a job into the running unit of work; None when one with the same `dedupe` exists already.

    The job belongs to the unit's team and starter; `team_id` names the team where the unit is the system's.
    """
    unit = current()
    at, actor = now(), unit.actor
    id, due = uuid7(), run_at or at + after
    owner = team_id or (actor.team_id if actor else None)
    starter = actor.member_id if actor and actor.member_id.int else None
    found = await unit.conn.fetchval(
        ENQUEUE, id, owner, starter, kind, queue, to_json(args), due, max_attempts, dedupe, unit.request_id, at
    )
    if found is not None and due <= at and ring is not None:
        bell = ring
        unit.after_commit.append(lambda: bell(queue, id))
    return found
