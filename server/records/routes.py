"""The endpoints of tags, notes and activities that are not below a record."""

from __future__ import annotations

from typing import get_args
from uuid import UUID

from models.records import Activity, Note, Tag
from server.core.filters import Filter
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row, Shown
from server.records import activities, notes, tags
from server.records.schemas import ActivityIn, LoggedOut, NoteIn, NoteOut, SubjectKind, TagIn, TagOut

tag_routes = Routes("/api/tags", tag="tags", about=Tag)
note_routes = Routes("/api/notes", tag="notes", about=Note)
activity_routes = Routes("/api/activities", tag="activities", about=Activity)

tag_listing = Listing(TagOut, filters=["name"], sort=["name", "created_at"], default="name")
activity_listing = Listing(
    LoggedOut,
    filters={
        "kind": Filter(),
        "at": Filter(),
        "created_at": Filter(),
        "subject_kind": Filter("text", "t.subject_kind", get_args(SubjectKind), nullable=False),
        "subject_id": Filter("uuid", "t.subject_id", nullable=False),
        "author_id": Filter("uuid", "t.author_id", nullable=False),
    },
    sort=["at", "created_at"],
    default="-at",
)


@tag_routes.get("", can=Can.TAGS_READ, gives=TagOut, listing=tag_listing)
async def list_tags(ctx: Context, query: ListQuery) -> Row:
    """The team's tags, by name."""
    return await tag_listing.shown(query, ctx.actor)


@tag_routes.post("", can=Can.TAGS_WRITE, gives=TagOut, status=201)
async def create_tag(ctx: Context, body: TagIn) -> Row:
    """Make a tag."""
    return await tags.create(body.model_dump(), by=ctx.actor)


@tag_routes.put("/{id}", can=Can.TAGS_WRITE, gives=TagOut)
async def replace_tag(ctx: Context, id: UUID, body: TagIn) -> Row:
    """Rename or colour the tag, on all records that have it."""
    return await tags.replace(id, body.model_dump(), by=ctx.actor)


@tag_routes.delete("/{id}", can=Can.TAGS_DELETE)
async def delete_tag(ctx: Context, id: UUID) -> None:
    """Delete the tag; it is gone from all records that had it."""
    await tags.delete(id, by=ctx.actor)


@note_routes.put("/{id}", can=Can.NOTES_WRITE, gives=NoteOut)
async def change_note(ctx: Context, id: UUID, body: NoteIn) -> Row:
    """Edit one's own note."""
    return await notes.change(id, body.model_dump(), by=ctx.actor)


@note_routes.delete("/{id}", can=Can.NOTES_WRITE)
async def delete_note(ctx: Context, id: UUID) -> None:
    """Remove one's own note; managers may remove anybody's."""
    await notes.delete(id, by=ctx.actor)


@activity_routes.get("", can=Can.ACTIVITIES_READ, gives=LoggedOut, listing=activity_listing)
async def list_activities(ctx: Context, query: ListQuery) -> Row:
    """What people logged by hand about the records that the caller may see."""
    return await activity_listing.shown(query, ctx.actor)


@activity_routes.post("", can=Can.ACTIVITIES_WRITE, gives=LoggedOut, status=201)
async def log_activity(ctx: Context, body: ActivityIn) -> Row:
    """Log a call, a meeting, an e-mail."""
    return await activities.log(body.model_dump(), by=ctx.actor)


@activity_routes.get("/{id}", can=Can.ACTIVITIES_READ, gives=LoggedOut)
async def get_activity(ctx: Context, id: UUID) -> Shown:
    """One activity."""
    return await LoggedOut.shown(ctx.actor, id)
