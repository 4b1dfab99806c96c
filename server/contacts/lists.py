"""Contacts as lists: all of them, those at a company; and a contact's projects."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from models.actors import Actor
from models.base import Condition
from models.contacts import Company, Contact
from server.companies.schemas import CompanyOut
from server.contacts.schemas import ContactOut
from server.core import relations
from server.core.filters import Filter
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.projects import clients
from server.projects.routes import listing as projects_listing
from server.projects.schemas import ProjectOut
from server.records.schemas import TAG_FILTERS, known_by
from server.settings import custom_fields

of_company = Routes("/api/companies/{id}/contacts", tag="companies", about=Company)
of_contact = Routes("/api/contacts/{id}/projects", tag="contacts", about=Contact)

PLAIN = ["kind", "name", "title", "company_id", "owner_id", "external_id", "created_by", "created_at", "updated_at"]
listing = Listing(
    ContactOut,
    filters={
        **dict.fromkeys(PLAIN, Filter()),
        "email": known_by("email"),
        "phone": known_by("phone"),
        **TAG_FILTERS,
    },
    sort=["name", "kind", "created_at", "updated_at"],
    search=True,
    more=partial(custom_fields.filters, "contact"),
)


async def page(query: ListQuery, by: Actor, where: Condition | None = None) -> Row:
    """A page of contacts, with their companies where those were asked for."""
    if not query.include:
        return await listing.shown(query, by, where=where)
    found = await listing.page(query, by, where=where)
    await relations.fill(found["items"], "company", "company_id", CompanyOut, by)
    return found


@of_company.get("", can=Can.CONTACTS_READ, gives=ContactOut, listing=listing)
async def at_company(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The people at the company."""
    await Company.get_visible(ctx.actor, id=id)
    return await page(query, ctx.actor, Condition("t.company_id = {0}", (id,)))


@of_contact.get("", can=Can.PROJECTS_READ, gives=ProjectOut, listing=projects_listing)
async def projects(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The projects whose client is the contact."""
    await Contact.get_visible(ctx.actor, id=id)
    found = await projects_listing.page(query, ctx.actor, where=Condition("t.client_id = {0}", (id,)))
    await clients.fill(found["items"], by=ctx.actor)
    return found
