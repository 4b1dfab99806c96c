"""The endpoints of contacts."""

from __future__ import annotations

from uuid import UUID

from models.contacts import Contact
from server.companies.schemas import CompanyOut
from server.contacts import duplicates, lists, service
from server.contacts import merge as merging
from server.contacts.lists import listing, page
from server.contacts.schemas import ContactIn, ContactOut, ContactPatch
from server.core import relations
from server.core.pages import ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.records import life
from server.records.attach import followable, notable, taggable
from server.records.schemas import MergeIn

# Importing the others declares their endpoints.
__all__ = ["duplicates", "lists", "routes"]

routes = Routes("/api/contacts", tag="contacts", about=Contact)


@routes.get("", can=Can.CONTACTS_READ, gives=ContactOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The contacts that the caller may see, a page at a time."""
    return await page(query, ctx.actor)


@routes.post("", can=Can.CONTACTS_WRITE, gives=ContactOut, status=201)
async def create(ctx: Context, body: ContactIn) -> Row:
    """Create a contact."""
    _, row = await service.create(body.model_dump(), by=ctx.actor)
    return row


@routes.get("/{id}", can=Can.CONTACTS_READ, gives=ContactOut)
async def get_one(ctx: Context, id: UUID) -> Row:
    """One contact."""
    row = await ContactOut.one(ctx.actor, id, ctx.include)
    await relations.fill([row], "company", "company_id", CompanyOut, ctx.actor)
    return row


@routes.patch("/{id}", can=Can.CONTACTS_WRITE, gives=ContactOut)
async def change(ctx: Context, id: UUID, body: ContactPatch) -> Row:
    """Change the fields sent."""
    return await service.change(id, life.sent(body, "address", "consent"), by=ctx.actor)


@routes.put("/{id}", can=Can.CONTACTS_WRITE, gives=ContactOut)
async def replace(ctx: Context, id: UUID, body: ContactIn) -> Row:
    """Replace the contact's editable fields; what is left out gets its default."""
    return await service.change(id, body.model_dump(), by=ctx.actor, replace=True)


@routes.delete("/{id}", can=Can.CONTACTS_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove the contact with their notes; refused while projects name them as client."""
    await life.remove(service.kind, id, by=ctx.actor)


@routes.post("/{id}/merge", can=Can.CONTACTS_DELETE, gives=ContactOut)
async def merge_into(ctx: Context, id: UUID, body: MergeIn) -> Row:
    """Merge another contact into this one: what hung on it hangs here, and its id leads here."""
    return await merging.merge(id, body.from_id, by=ctx.actor)


taggable(routes, service.kind)
notable(routes, service.kind)
followable(routes, service.kind)
