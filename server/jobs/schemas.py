"""What REST shows of a job."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from models.jobs import Job
from server.core.view import Out


class JobOut(Out, of=Job):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    kind: str
    state: Literal["queued", "running", "done", "dead", "cancelled"]
    attempt: int
    max_attempts: int
    progress: int
    step: str | None
    last_error: str | None
    result: Any
    run_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
