"""The endpoints of saved views."""

from __future__ import annotations

from uuid import UUID

from models.views import SavedView
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.views import service
from server.views.schemas import ViewIn, ViewOut, ViewPatch

routes = Routes("/api/views", tag="views", about=SavedView)
listing = Listing(
    ViewOut,
    filters=["kind", "name", "shared", "owner_id", "created_at", "updated_at"],
    sort=["name", "created_at"],
    default="name",
)


@routes.get("", can=Can.VIEWS_READ, gives=ViewOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """One's own views and those shared with the team, by name."""
    return await listing.shown(query, ctx.actor)


@routes.post("", can=Can.VIEWS_WRITE, gives=ViewOut, status=201)
async def save(ctx: Context, body: ViewIn) -> Row:
    """Save a view of a list."""
    return await service.create(body.model_dump(), by=ctx.actor)


@routes.patch("/{id}", can=Can.VIEWS_WRITE, gives=ViewOut)
async def change(ctx: Context, id: UUID, body: ViewPatch) -> Row:
    """Change the fields sent; a shared view is changed by its owner and by managers."""
    return await service.change(id, body.sent(), by=ctx.actor)


@routes.delete("/{id}", can=Can.VIEWS_WRITE)
async def delete(ctx: Context, id: UUID) -> None:
    """Delete the view, for all who see it."""
    await service.delete(id, by=ctx.actor)
