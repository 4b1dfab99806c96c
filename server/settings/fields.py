"""Settings of the team: its own fields."""

from __future__ import annotations

from uuid import UUID

from models.errors import Conflict
from models.settings import CustomField
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.settings import field_editor
from server.settings.custom_field_schemas import CustomFieldIn, CustomFieldOut, CustomFieldPut

routes = Routes("/api/settings/custom-fields", tag="settings", about=CustomField)
listing = Listing(CustomFieldOut, filters=("entity", "type", "key", "required"), sort=("label",), default="position")


@routes.get("", can=Can.CUSTOM_FIELDS_READ, gives=CustomFieldOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The team's own fields, in their order; `entity` picks the kind of record."""
    return await listing.shown(query, ctx.actor)


@routes.post("", can=Can.CUSTOM_FIELDS_WRITE, gives=CustomFieldOut, status=201, raises=(Conflict,))
async def add(ctx: Context, body: CustomFieldIn) -> Row:
    """Add a field to a kind of record."""
    return await field_editor.add(body, by=ctx.actor)


@routes.put("/{id}", can=Can.CUSTOM_FIELDS_WRITE, gives=CustomFieldOut)
async def replace(ctx: Context, id: UUID, body: CustomFieldPut) -> Row:
    """Replace the field's label, options, place, and whether it is required."""
    return await field_editor.replace(id, body, by=ctx.actor)


@routes.delete("/{id}", can=Can.CUSTOM_FIELDS_WRITE)
async def delete(ctx: Context, id: UUID) -> None:
    """Delete the field; the values that records hold are kept, but not shown any more."""
    await field_editor.delete(id, by=ctx.actor)
