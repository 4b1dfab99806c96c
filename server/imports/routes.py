"""The endpoints of imports."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from models.errors import UnsupportedMedia
from models.imports import Import
from server.core.multipart import MIB
from server.core.permissions import Can, SignedIn
from server.core.routing import Context, Routes
from server.core.view import Row, Shown
from server.imports import events, service
from server.imports.schemas import ImportAccepted, ImportIn, ImportJob, ImportOut, StartIn

# Importing the other declares its facts.
__all__ = ["events", "routes"]

routes = Routes("/api/imports", tag="imports", about=Import)
of_contacts = Routes("/api/contacts/import", tag="contacts")
of_companies = Routes("/api/companies/import", tag="companies")
of_leads = Routes("/api/leads/import", tag="leads")
LARGEST = 50 * MIB
ACCEPTED = {"gives": ImportAccepted, "status": 202}
TAKES = ACCEPTED | {"max_body": LARGEST, "raises": (UnsupportedMedia,)}


@of_contacts.post("", can=Can.CONTACTS_WRITE, **TAKES)
async def import_contacts(ctx: Context, body: ImportIn) -> Row:
    """Import contacts from a CSV file, an Excel workbook or vCards, or try it first."""
    return await service.begin("contact", body, by=ctx.actor)


@of_companies.post("", can=Can.COMPANIES_WRITE, **TAKES)
async def import_companies(ctx: Context, body: ImportIn) -> Row:
    """Import companies from a CSV file, an Excel workbook or vCards, or try it first."""
    return await service.begin("company", body, by=ctx.actor)


@of_leads.post("", can=Can.LEADS_WRITE, **TAKES)
async def import_leads(ctx: Context, body: ImportIn) -> Row:
    """Import leads from a CSV file, an Excel workbook or vCards, or try it first."""
    return await service.begin("lead", body, by=ctx.actor)


@routes.get("/{id}", can=SignedIn, gives=ImportOut)
async def get_import(ctx: Context, id: UUID) -> Shown:
    """An import: which column is what, what became of the rows so far, and what went wrong."""
    return await ImportOut.shown(ctx.actor, id)


@routes.get("/{id}/errors", can=SignedIn, gives=str, media="text/csv")
async def get_errors(ctx: Context, id: UUID) -> web.Response:
    """The rows that failed, as CSV: each with its number, the field, the reason, and as it was in the file."""
    found, file = await service.errors(id, by=ctx.actor)
    headers = {
        "Content-Disposition": f'attachment; filename="import-errors-{found.id}.csv"',
        "Cache-Control": "no-store",
    }
    return web.Response(body=file, content_type="text/csv", charset="utf-8", headers=headers)


@routes.post("/{id}/start", can=SignedIn, **ACCEPTED)
async def start(ctx: Context, id: UUID, body: StartIn) -> Row:
    """Import what was tried, with another mapping where one is sent."""
    return await service.start(id, body, by=ctx.actor)


@routes.post("/{id}/undo", can=SignedIn, gives=ImportJob, status=202)
async def undo(ctx: Context, id: UUID) -> Row:
    """Take back the whole import; the job's result names what was kept, and why."""
    return await service.undo(id, by=ctx.actor)
