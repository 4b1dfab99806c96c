"""The moves people may make with a job: ask it to stop, run a dead one again."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.errors import Conflict
from models.jobs import Job
from server.core import jobs
from server.core.events import record
from server.core.unit import current
from server.core.view import Row
from server.jobs.events import JobFinished
from server.jobs.schemas import JobOut


async def cancel(id: UUID, *, by: Actor) -> Row:
    """A waiting job ends at once, a running one is asked to stop; a cancelled one stays as it is."""
    job = await Job.locked(by, id=id)
    if job.state in ("done", "dead"):
        raise Conflict(f"This job is {job.state}; there is nothing left to cancel.", code=f"job_{job.state}")
    if job.state == "queued":
        await job.change(state="cancelled", cancel_requested=True, finished_at=now())
        if job.created_by is not None:
            await record(JobFinished(member_id=job.created_by), about=job, by=by)
    elif job.state == "running":
        await job.change(cancel_requested=True)
    return await JobOut.of(job)


async def retry(id: UUID, *, by: Actor) -> Row:
    """A dead job gets all its attempts again, from now."""
    job = await Job.locked(by, id=id)
    if job.state != "dead":
        raise Conflict(f"Only a dead job can be run again; this one is {job.state}.", code=f"job_{job.state}")
    await job.change(
        state="queued", attempt=0, run_at=now(), progress=0, step=None, cancel_requested=False, finished_at=None
    )
    if jobs.ring is not None:
        ring, queue = jobs.ring, job.queue
        current().after_commit.append(lambda: ring(queue, id))
    return await JobOut.of(job)
