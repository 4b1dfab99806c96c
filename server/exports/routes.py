"""The endpoints of exports."""

from __future__ import annotations

from aiohttp import web

from models.actors import Actor
from server.companies import routes as companies
from server.contacts import lists as contacts
from server.core.exports import ExportQuery
from server.core.pages import ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.exports.table import exported
from server.leads import routes as leads

of_contacts = Routes("/api/contacts/export", tag="contacts")
of_companies = Routes("/api/companies/export", tag="companies")
of_leads = Routes("/api/leads/export", tag="leads")


@of_contacts.get("", can=Can.CONTACTS_READ, tx="none", gives=str, listing=contacts.listing)
async def export_contacts(ctx: Context, query: ExportQuery) -> web.Response:
    """The contacts of the list with these filters, whole, as CSV, XLSX or vCard."""
    query.listed.include = ("owner", "company")
    return await exported("contact", "contacts", contacts.page, query, ctx.actor)


@of_companies.get("", can=Can.COMPANIES_READ, tx="none", gives=str, listing=companies.listing)
async def export_companies(ctx: Context, query: ExportQuery) -> web.Response:
    """The companies of the list with these filters, whole, as CSV, XLSX or vCard."""
    query.listed.include = ("owner", "parent")
    return await exported("company", "companies", companies.page, query, ctx.actor)


@of_leads.get("", can=Can.LEADS_READ, tx="none", gives=str, listing=leads.listing)
async def export_leads(ctx: Context, query: ExportQuery) -> web.Response:
    """The leads of the list with these filters, whole, as CSV, XLSX or vCard."""
    query.listed.include = ("assigned_to",)
    return await exported("lead", "leads", _leads, query, ctx.actor)


async def _leads(query: ListQuery, by: Actor) -> Row:
    return await leads.listing.page(query, by)
