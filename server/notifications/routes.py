"""The endpoints of a member's own notifications."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from models.notifications import Notification
from server.core.pages import Listing, ListQuery
from server.core.permissions import SignedIn
from server.core.routing import Context, Routes
from server.core.view import Row
from server.notifications import service
from server.notifications.schemas import NotificationOut

routes = Routes("/api/notifications", tag="notifications", about=Notification)
listing = Listing(NotificationOut, filters=["type", "read_at", "created_at"], sort=["created_at"])


class ReadAllOut(BaseModel):
    """How many were marked."""

    read: int


class UnreadOut(BaseModel):
    """How many wait to be read."""

    count: int


@routes.get("", can=SignedIn, gives=NotificationOut, listing=listing)
async def own(ctx: Context, query: ListQuery) -> Row:
    """The caller's notifications in this team, newest first."""
    return await listing.shown(query, ctx.actor)


@routes.get("/unread-count", can=SignedIn, gives=UnreadOut)
async def unread_count(ctx: Context) -> Row:
    """How many notifications the caller has not read."""
    return {"count": await service.unread(by=ctx.actor)}


@routes.post("/read-all", can=SignedIn, gives=ReadAllOut)
async def read_all(ctx: Context) -> Row:
    """Mark all notifications as read."""
    return {"read": await service.read_all(by=ctx.actor)}


@routes.patch("/{id}/read", can=SignedIn, gives=NotificationOut)
async def read(ctx: Context, id: UUID) -> Row:
    """Mark one notification as read."""
    return await service.read(id, by=ctx.actor)
