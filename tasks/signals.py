"""Progress for people's sockets, from a process that holds none: through the bus, at most once, never logged."""

from __future__ import annotations

from models.jobs import Job
from realtime.bus import Bus
from server.core.rooms import member_room


def progress(bus: Bus, job: Job, state: str, percent: int, step: str | None) -> None:
    """Tell whoever started the job how far it is."""
    if job.created_by is not None:
        payload = {"job_id": str(job.id), "state": state, "progress": percent, "step": step or None}
        bus.send_signal(member_room(job.created_by), "job.progress", payload)
