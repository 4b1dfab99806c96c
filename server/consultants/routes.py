"""The endpoints of consultants."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from models.consultants import Consultant
from server.consultants import service
from server.consultants.schemas import NAME, ConsultantIn, ConsultantOut, ConsultantPatch
from server.contacts.schemas import ContactOut
from server.core import relations
from server.core.filters import Filter
from server.core.pages import Listing, ListQuery, SortKey
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.records import life
from server.records.attach import followable, notable, taggable
from server.records.schemas import TAG_FILTERS
from server.settings import custom_fields

routes = Routes("/api/consultants", tag="consultants", about=Consultant)
PLAIN = ["contact_id", "day_rate", "currency", "available_from", "available_until", "created_at", "updated_at"]
AVAILABLE = (
    "EXISTS (SELECT 1 FROM unnest({0}) AS day "
    "WHERE day BETWEEN coalesce(t.available_from, '-infinity') AND coalesce(t.available_until, 'infinity'))"
)
listing = Listing(
    ConsultantOut,
    filters={
        **dict.fromkeys(PLAIN, Filter()),
        "skill": Filter("text", holds="t.skills && {0}", empty="t.skills = '{}'"),
        "available_on": Filter("date", holds=AVAILABLE, nullable=False),
        **TAG_FILTERS,
    },
    sort={
        "name": SortKey(NAME),
        **{n: SortKey(f"t.{n}", "date", nullable=True) for n in ("available_from", "available_until")},
        "day_rate": SortKey("t.day_rate", "int", nullable=True),
        **{n: SortKey(f"t.{n}", "time") for n in ("created_at", "updated_at")},
    },
    search=True,
    more=partial(custom_fields.filters, "consultant"),
)


@routes.get("", can=Can.CONSULTANTS_READ, gives=ConsultantOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The team's consultants, a page at a time."""
    page = await listing.page(query, ctx.actor)
    await relations.fill(page["items"], "contact", "contact_id", ContactOut, ctx.actor)
    return page


@routes.post("", can=Can.CONSULTANTS_WRITE, gives=ConsultantOut, status=201)
async def create(ctx: Context, body: ConsultantIn) -> Row:
    """Make a consultant of a contact, or of a new one."""
    return await service.create(body, by=ctx.actor)


@routes.get("/{id}", can=Can.CONSULTANTS_READ, gives=ConsultantOut)
async def get_one(ctx: Context, id: UUID) -> Row:
    """One consultant."""
    row = await ConsultantOut.one(ctx.actor, id, ctx.include)
    await relations.fill([row], "contact", "contact_id", ContactOut, ctx.actor)
    return row


@routes.patch("/{id}", can=Can.CONSULTANTS_WRITE, gives=ConsultantOut)
async def change(ctx: Context, id: UUID, body: ConsultantPatch) -> Row:
    """Change the fields sent, those of the person on the contact."""
    return await service.change(id, body, by=ctx.actor)


@routes.put("/{id}", can=Can.CONSULTANTS_WRITE, gives=ConsultantOut)
async def replace(ctx: Context, id: UUID, body: ConsultantIn) -> Row:
    """Replace the consultant's editable fields; what is left out gets its default, the person stays."""
    return await service.change(id, body, by=ctx.actor, replace=True)


@routes.delete("/{id}", can=Can.CONSULTANTS_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Take the person off the consultants; the contact stays."""
    await life.remove(service.kind, id, by=ctx.actor)


taggable(routes, service.kind)
notable(routes, service.kind)
followable(routes, service.kind)
