"""The endpoints of milestones."""

from __future__ import annotations

from uuid import UUID

from models.base import Condition
from models.projects import Milestone, Project
from server.core.events import record
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.resource import crud
from server.core.routing import Context, Routes
from server.core.view import Row
from server.projects.events import MilestoneCreated, MilestoneDeleted, MilestoneUpdated
from server.projects.schemas import MilestoneIn, MilestoneOut, MilestonePatch

routes = Routes("/api/milestones", tag="projects", about=Milestone)
of_project = Routes("/api/projects/{id}/milestones", tag="projects", about=Project)
listing = Listing(MilestoneOut, filters=["due_on", "done"], sort=["due_on", "name", "created_at"], default="due_on")

crud(
    routes,
    Milestone,
    gives=MilestoneOut,
    creates=MilestoneIn,
    updates=MilestonePatch,
    read=Can.PROJECTS_READ,
    write=Can.PROJECTS_WRITE,
    listing=listing,
    created=MilestoneCreated,
    updated=MilestoneUpdated,
    deleted=MilestoneDeleted,
    verbs=("patch", "delete"),
)


@of_project.get("", can=Can.PROJECTS_READ, gives=MilestoneOut, listing=listing)
async def list_all(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The project's milestones, the next one first."""
    await Project.get_visible(ctx.actor, id=id)
    return await listing.shown(query, ctx.actor, where=Condition("t.project_id = {0}", (id,)))


@of_project.post("", can=Can.PROJECTS_WRITE, gives=MilestoneOut, status=201, location="/api/milestones/{id}")
async def create(ctx: Context, id: UUID, body: MilestoneIn) -> Row:
    """Add a milestone to the project."""
    await Project.get_visible(ctx.actor, id=id)
    made, row = await MilestoneOut.add(ctx.actor, project_id=id, **body.model_dump())
    await record(MilestoneCreated(), about=made, by=ctx.actor, data=row)
    return row
