"""The endpoints of contracts, and of a company's contracts."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from models.actors import Actor
from models.base import Condition
from models.contacts import Company
from models.contracts import Contract
from server.companies.schemas import CompanyOut
from server.contacts.schemas import ContactOut
from server.contracts import service
from server.contracts.schemas import ContractIn, ContractOut, ContractPatch, ContractStatusIn, FilesPage, FilesQuery
from server.core import relations
from server.core.filters import Filter
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.records import life
from server.records.attach import followable, notable, taggable
from server.records.schemas import TAG_FILTERS
from server.settings import custom_fields

routes = Routes("/api/contracts", tag="contracts", about=Contract)
of_company = Routes("/api/companies/{id}/contracts", tag="companies", about=Company)
PLAIN = ["title", "status", "company_id", "contact_id", "value", "currency", "start_on", "end_on", "notice_days"]
listing = Listing(
    ContractOut,
    filters={**dict.fromkeys([*PLAIN, "created_by", "created_at", "updated_at"], Filter()), **TAG_FILTERS},
    sort=["title", "status", "value", "start_on", "end_on", "created_at", "updated_at"],
    search=True,
    more=partial(custom_fields.filters, "contract"),
)


async def _with_parties(rows: list[Row], by: Actor) -> None:
    await relations.fill(rows, "company", "company_id", CompanyOut, by)
    await relations.fill(rows, "contact", "contact_id", ContactOut, by)


@routes.get("", can=Can.CONTRACTS_READ, gives=ContractOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The team's contracts, a page at a time."""
    page = await listing.page(query, ctx.actor)
    await _with_parties(page["items"], ctx.actor)
    return page


@of_company.get("", can=Can.CONTRACTS_READ, gives=ContractOut, listing=listing)
async def with_company(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The company's contracts."""
    await Company.get_visible(ctx.actor, id=id)
    page = await listing.page(query, ctx.actor, where=Condition("t.company_id = {0}", (id,)))
    await _with_parties(page["items"], ctx.actor)
    return page


@routes.post("", can=Can.CONTRACTS_WRITE, gives=ContractOut, status=201)
async def create(ctx: Context, body: ContractIn) -> Row:
    """Create a contract."""
    return await service.create(body.model_dump(), by=ctx.actor)


@routes.get("/{id}", can=Can.CONTRACTS_READ, gives=ContractOut)
async def get_one(ctx: Context, id: UUID) -> Row:
    """One contract."""
    row = await ContractOut.one(ctx.actor, id, ctx.include)
    await _with_parties([row], ctx.actor)
    return row


@routes.patch("/{id}", can=Can.CONTRACTS_WRITE, gives=ContractOut)
async def change(ctx: Context, id: UUID, body: ContractPatch) -> Row:
    """Change the fields sent."""
    return await service.change(id, body.sent(), by=ctx.actor)


@routes.put("/{id}", can=Can.CONTRACTS_WRITE, gives=ContractOut)
async def replace(ctx: Context, id: UUID, body: ContractIn) -> Row:
    """Replace the contract's editable fields; what is left out gets its default."""
    return await service.change(id, body.model_dump(), by=ctx.actor, replace=True)


@routes.patch("/{id}/status", can=Can.CONTRACTS_WRITE, gives=ContractOut)
async def move(ctx: Context, id: UUID, body: ContractStatusIn) -> Row:
    """Begin, end or renew the contract."""
    return await service.change(id, body.model_dump(), by=ctx.actor)


@routes.delete("/{id}", can=Can.CONTRACTS_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove the contract with its notes."""
    await life.remove(service.kind, id, by=ctx.actor)


@routes.get("/{id}/files", can=Can.CONTRACTS_READ, gives=FilesPage)
async def files(ctx: Context, id: UUID, query: FilesQuery) -> Row:
    """The contract's files. There is no way yet to put one to it, so that every page is the last, and empty."""
    await Contract.get_visible(ctx.actor, id=id)
    return {"items": [], "next_cursor": None}


taggable(routes, service.kind)
notable(routes, service.kind)
followable(routes, service.kind)
