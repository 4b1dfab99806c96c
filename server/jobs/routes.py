"""The endpoints of background jobs."""

from __future__ import annotations

from uuid import UUID

from models.jobs import Job
from server.core.permissions import SignedIn
from server.core.routing import Context, Routes
from server.core.view import Row, Shown
from server.jobs import service
from server.jobs.schemas import JobOut

routes = Routes("/api/jobs", tag="jobs", about=Job)


@routes.get("/{id}", can=SignedIn, gives=JobOut)
async def get_job(ctx: Context, id: UUID) -> Shown:
    """A background job: state, attempt, progress, step, last error."""
    return await JobOut.shown(ctx.actor, id)


@routes.post("/{id}/cancel", can=SignedIn, gives=JobOut)
async def cancel(ctx: Context, id: UUID) -> Row:
    """Ask a job to stop."""
    return await service.cancel(id, by=ctx.actor)


@routes.post("/{id}/retry", can=SignedIn, gives=JobOut)
async def retry(ctx: Context, id: UUID) -> Row:
    """Run a dead job again."""
    return await service.retry(id, by=ctx.actor)
