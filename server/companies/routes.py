"""The endpoints of companies."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from models.actors import Actor
from models.contacts import Company
from server.companies import service
from server.companies.schemas import CompanyIn, CompanyOut, CompanyParent, CompanyPatch
from server.core import relations
from server.core.filters import Filter
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.records import life
from server.records.attach import followable, notable, taggable
from server.records.schemas import TAG_FILTERS, MergeIn
from server.settings import custom_fields

routes = Routes("/api/companies", tag="companies", about=Company)
PLAIN = ["name", "domain", "parent_id", "owner_id", "external_id", "created_by", "created_at", "updated_at"]
listing = Listing(
    CompanyOut,
    filters={**dict.fromkeys(PLAIN, Filter()), **TAG_FILTERS},
    sort=["name", "domain", "created_at", "updated_at"],
    search=True,
    more=partial(custom_fields.filters, "company"),
)


async def page(query: ListQuery, by: Actor) -> Row:
    """A page of companies, with what they are part of where that was asked for."""
    found = await listing.page(query, by)
    await relations.fill(found["items"], "parent", "parent_id", CompanyParent, by)
    return found


@routes.get("", can=Can.COMPANIES_READ, gives=CompanyOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The companies that the caller may see, a page at a time."""
    return await page(query, ctx.actor)


@routes.post("", can=Can.COMPANIES_WRITE, gives=CompanyOut, status=201)
async def create(ctx: Context, body: CompanyIn) -> Row:
    """Create a company."""
    return await service.create(body.model_dump(), by=ctx.actor)


@routes.get("/{id}", can=Can.COMPANIES_READ, gives=CompanyOut)
async def get_one(ctx: Context, id: UUID) -> Row:
    """One company."""
    row = await CompanyOut.one(ctx.actor, id, ctx.include)
    await relations.fill([row], "parent", "parent_id", CompanyParent, ctx.actor)
    return row


@routes.patch("/{id}", can=Can.COMPANIES_WRITE, gives=CompanyOut)
async def change(ctx: Context, id: UUID, body: CompanyPatch) -> Row:
    """Change the fields sent."""
    return await service.change(id, life.sent(body, "address", "billing"), by=ctx.actor)


@routes.put("/{id}", can=Can.COMPANIES_WRITE, gives=CompanyOut)
async def replace(ctx: Context, id: UUID, body: CompanyIn) -> Row:
    """Replace the company's editable fields; what is left out gets its default."""
    return await service.change(id, body.model_dump(), by=ctx.actor, replace=True)


@routes.delete("/{id}", can=Can.COMPANIES_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove the company with its notes; refused while people, parts or projects name it."""
    await life.remove(service.kind, id, by=ctx.actor)


@routes.post("/{id}/merge", can=Can.COMPANIES_DELETE, gives=CompanyOut)
async def merge_into(ctx: Context, id: UUID, body: MergeIn) -> Row:
    """Merge another company into this one: what hung on it hangs here, and its id leads here."""
    return await service.merge(id, body.from_id, by=ctx.actor)


taggable(routes, service.kind)
notable(routes, service.kind)
followable(routes, service.kind)
