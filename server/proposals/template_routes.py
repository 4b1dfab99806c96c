"""The endpoints of templates of proposals."""

from __future__ import annotations

from uuid import UUID

from models.proposals import ProposalTemplate
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.proposals import templates
from server.proposals.template_schemas import TemplateIn, TemplateNew, TemplateOut

routes = Routes("/api/proposal-templates", tag="proposals", about=ProposalTemplate)
listing = Listing(TemplateOut, filters=["name"], sort=["name", "created_at"], default="name")


@routes.get("", can=Can.PROPOSALS_READ, gives=TemplateOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The team's templates, by name."""
    return await listing.shown(query, ctx.actor)


@routes.post("", can=Can.PROPOSALS_WRITE, gives=TemplateOut, status=201)
async def create(ctx: Context, body: TemplateNew) -> Row:
    """Make a template, or one from a proposal."""
    return await templates.create(body, by=ctx.actor)


@routes.put("/{id}", can=Can.PROPOSALS_WRITE, gives=TemplateOut)
async def replace(ctx: Context, id: UUID, body: TemplateIn) -> Row:
    """Replace the template's fields."""
    return await templates.replace(id, body, by=ctx.actor)


@routes.delete("/{id}", can=Can.PROPOSALS_WRITE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove the template."""
    await templates.delete(id, by=ctx.actor)
