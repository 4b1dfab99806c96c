"""The endpoints of leads."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from models.actors import Actor
from models.errors import Conflict
from models.leads import Lead
from server.core.bulk import AT_ONCE
from server.core.filters import Filter
from server.core.jobs import Later
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row, Shown
from server.leads import bulk, pipeline, service
from server.leads.convert import convert
from server.leads.schemas import (
    AssignIn,
    ConvertedOut,
    ConvertIn,
    LeadIn,
    LeadOut,
    LeadPatch,
    LeadsAssignIn,
    LeadsBulkIn,
    LeadsBulkOut,
    LeadsDeletedOut,
    LeadsDeleteIn,
    LeadStatusIn,
    PipelineOut,
    PipelineQuery,
)
from server.records.attach import followable, notable, taggable
from server.records.schemas import TAG_FILTERS, known_by
from server.settings import custom_fields

routes = Routes("/api/leads", tag="leads", about=Lead)
PLAIN = ["status", "stage", "source", "name", "company", "assigned_to_id", "score", "value", "currency", "created_by"]
TIMES = ["last_contact_at", "closed_at", "created_at", "updated_at"]
CONVERTED = Filter("bool", "(t.converted_at IS NOT NULL)", nullable=False)
BY_FORM = Filter("uuid", "(t.form->>'id')::uuid")
listing = Listing(
    LeadOut,
    filters={
        **dict.fromkeys(PLAIN + TIMES, Filter()),
        "converted": CONVERTED,
        "form_id": BY_FORM,
        "email": known_by("email"),
        "phone": known_by("phone"),
        **TAG_FILTERS,
    },
    sort=["name", "status", "score", "value", *TIMES],
    search=True,
    more=partial(custom_fields.filters, "lead"),
)


@routes.get("", can=Can.LEADS_READ, gives=LeadOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The leads that the caller may see, a page at a time."""
    return await listing.shown(query, ctx.actor)


@routes.post("", can=Can.LEADS_WRITE, gives=LeadOut, status=201)
async def create(ctx: Context, body: LeadIn) -> Row:
    """Create a lead."""
    return await service.create(body.model_dump(), by=ctx.actor)


@routes.get("/pipeline", can=Can.LEADS_READ, gives=PipelineOut, tx="snapshot")
async def show_pipeline(ctx: Context, query: PipelineQuery) -> Row:
    """The leads by stage, with counts and values."""
    return await pipeline.read(query, by=ctx.actor)


@routes.post("/bulk/update", can=Can.LEADS_WRITE, gives=LeadsBulkOut, later=True)
async def bulk_update(ctx: Context, body: LeadsBulkIn) -> Row | Later:
    """Change many leads at once: all of them, or none; more than 1,000 as a job."""
    return await _changed(body.ids, body.changes, ctx.actor)


@routes.post("/bulk/assign", can=Can.LEADS_WRITE, gives=LeadsBulkOut, later=True)
async def bulk_assign(ctx: Context, body: LeadsAssignIn) -> Row | Later:
    """Give many leads to a member of the team, who is told once, or to nobody; more than 1,000 as a job."""
    return await _changed(body.ids, LeadPatch(assigned_to_id=body.assigned_to_id), ctx.actor)


@routes.post("/bulk/delete", can=Can.LEADS_DELETE, gives=LeadsDeletedOut, later=True)
async def bulk_delete(ctx: Context, body: LeadsDeleteIn) -> Row | Later:
    """Remove many leads at once: all of them, or none; more than 1,000 as a job."""
    if len(body.ids) > AT_ONCE:
        return await bulk.later("delete", body.ids, {}, by=ctx.actor)
    return {"deleted": await bulk.delete(body.ids, by=ctx.actor)}


async def _changed(ids: list[UUID], changes: LeadPatch, by: Actor) -> Row | Later:
    if len(ids) > AT_ONCE:
        return await bulk.later("update", ids, changes.model_dump(mode="json", exclude_unset=True), by=by)
    return {"items": await bulk.update(ids, changes.sent(), by=by)}


@routes.get("/{id}", can=Can.LEADS_READ, gives=LeadOut)
async def get_one(ctx: Context, id: UUID) -> Shown:
    """One lead."""
    return await LeadOut.shown(ctx.actor, id, ctx.include)


@routes.patch("/{id}", can=Can.LEADS_WRITE, gives=LeadOut)
async def change(ctx: Context, id: UUID, body: LeadPatch) -> Row:
    """Change the fields sent; a change of status keeps to its rules."""
    return await service.change(id, body.sent(), by=ctx.actor)


@routes.put("/{id}", can=Can.LEADS_WRITE, gives=LeadOut)
async def replace(ctx: Context, id: UUID, body: LeadIn) -> Row:
    """Replace the lead's editable fields; what is left out gets its default."""
    return await service.change(id, body.model_dump(), by=ctx.actor, replace=True)


@routes.delete("/{id}", can=Can.LEADS_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove the lead; what hung on a converted one stays with its contact."""
    await service.delete(id, by=ctx.actor)


@routes.patch("/{id}/status", can=Can.LEADS_WRITE, gives=LeadOut)
async def move(ctx: Context, id: UUID, body: LeadStatusIn) -> Row:
    """Move the lead to a status; `lost` needs a reason."""
    return await service.change(id, body.sent(), by=ctx.actor)


@routes.patch("/{id}/assign", can=Can.LEADS_WRITE, gives=LeadOut)
async def assign(ctx: Context, id: UUID, body: AssignIn) -> Row:
    """Give the lead to a member of the team, who is told, or to nobody."""
    return await service.change(id, body.sent(), by=ctx.actor)


@routes.post("/{id}/convert", can=Can.LEADS_WRITE, gives=ConvertedOut, raises=(Conflict,))
async def make_client(ctx: Context, id: UUID, body: ConvertIn) -> Row:
    """Win the lead and make it a contact, and its company and a project if asked for."""
    return await convert(id, body, by=ctx.actor)


taggable(routes, service.kind)
notable(routes, service.kind)
followable(routes, service.kind)
