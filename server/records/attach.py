"""The endpoints that every kind of record gets for what hangs on it."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from models.base import Condition
from server.activity.schemas import ActivityPage
from server.core.pages import DEFAULT_LIMIT, MAX_LIMIT, Listing, ListQuery
from server.core.routing import Context, Routes
from server.core.schemas import In
from server.core.view import Row
from server.records import feed, notes, tags
from server.records.kinds import Kind
from server.records.schemas import NoteIn, NoteOut, TagsIn

notes_listing = Listing(NoteOut, filters=["created_at"], sort=["created_at", "updated_at"])


class FeedQuery(In):
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=200)


def taggable(routes: Routes, kind: Kind) -> None:
    """Declare `/{id}/tags` below the kind's routes."""
    noun = kind.model.noun

    async def put_on(ctx: Context, id: UUID, body: TagsIn) -> Row:
        return await tags.put_on(kind, id, body.tag_ids, body.names, by=ctx.actor)

    async def take_off(ctx: Context, id: UUID, tag_id: UUID) -> None:
        await tags.take_off(kind, id, tag_id, by=ctx.actor)

    put_on.__doc__ = f"Put tags on the {noun}, new ones among them; answers the {noun}."
    take_off.__doc__ = f"Take a tag off the {noun}."
    routes.post("/{id}/tags", can=kind.write, gives=kind.gives)(put_on)
    routes.delete("/{id}/tags/{tag_id}", can=kind.write)(take_off)


def notable(routes: Routes, kind: Kind) -> None:
    """Declare `/{id}/notes` below the kind's routes."""
    noun = kind.model.noun

    async def list_notes(ctx: Context, id: UUID, query: ListQuery) -> Row:
        await kind.model.get_visible(ctx.actor, id=id)
        where = Condition("t.subject_id = ANY({0})", (await kind.thread(id, ctx.actor),))
        return await notes_listing.shown(query, ctx.actor, where=where)

    async def write(ctx: Context, id: UUID, body: NoteIn) -> Row:
        return await notes.write(kind, id, body.body, by=ctx.actor)

    list_notes.__doc__ = f"The notes on the {noun}, the newest first."
    write.__doc__ = f"Write a note on the {noun}."
    routes.get("/{id}/notes", can=kind.read, gives=NoteOut, listing=notes_listing)(list_notes)
    routes.post("/{id}/notes", can=kind.write, gives=NoteOut, status=201, location="/api/notes/{id}")(write)


def followable(routes: Routes, kind: Kind) -> None:
    """Declare `/{id}/activities` below the kind's routes."""

    async def activities(ctx: Context, id: UUID, query: FeedQuery) -> Row:
        await kind.model.get_visible(ctx.actor, id=id)
        return await feed.of_record(kind, id, by=ctx.actor, limit=query.limit, cursor=query.cursor)

    activities.__doc__ = f"What happened with the {kind.model.noun}, newest first: the log, and what people logged."
    routes.get("/{id}/activities", can=kind.read, gives=ActivityPage)(activities)
