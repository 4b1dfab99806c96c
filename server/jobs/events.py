"""The one fact about jobs that is logged: its end. Progress is a signal, never logged."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from server.core.events import Event, event
from server.core.rooms import Audience
from server.jobs.schemas import JobOut


@event("job.finished", says="{subject} ended", live={Audience.MEMBERS}, shows=JobOut)
class JobFinished(Event):
    """The job is done, dead or cancelled; whoever started it hears of it."""

    member_id: UUID

    def members(self) -> Iterable[UUID]:
        return (self.member_id,)
