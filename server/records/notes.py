"""Notes on records of any kind: written by their author, edited by them alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from models.errors import PermissionDenied
from models.records import Note, Owned
from server.core.events import record
from server.core.permissions import Can
from server.core.view import Row
from server.records.events import NoteCreated, NoteDeleted, NoteUpdated
from server.records.hearers import hearers
from server.records.kinds import Kind, kind_named
from server.records.schemas import NoteOut


async def write(kind: Kind, id: UUID, body: str, *, by: Actor) -> Row:
    """Write something down about the record."""
    about = await kind.model.get_visible(by, id=id)
    note, row = await NoteOut.add(by, subject_kind=kind.model.noun, subject_id=id, author_id=by.id, body=body)
    await _tell(NoteCreated, note, about, by, data=row)
    return row


async def change(id: UUID, values: Row, *, by: Actor) -> Row:
    """Edit one's own note. Raises `PermissionDenied` (not_author) for somebody else's."""
    note = await Note.locked(by, id=id)
    if note.author_id != by.id:
        raise PermissionDenied("Only its author may edit a note.", code="not_author")
    changes, row = await NoteOut.change(note, values)
    if changes:
        await _tell(NoteUpdated, note, await _about(note, by), by, changes=changes, data=row)
    return row


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove one's own note; managers may remove anybody's."""
    note = await Note.locked(by, id=id)
    if note.author_id != by.id and not by.may(Can.NOTES_DELETE_ALL):
        raise PermissionDenied("Only its author or a manager may remove a note.", code="not_author")
    await _tell(NoteDeleted, note, await _about(note, by), by)
    await note.remove()


async def _about(note: Note, by: Actor) -> Owned:
    return await kind_named(note.subject_kind).model.get_visible(by, id=note.subject_id)


async def _tell(event: Any, note: Note, about: Owned, by: Actor, **shown: Any) -> None:
    note.kinds = about.kinds
    fact = event(record_id=about.id, record_name=await about.label(), hearers=await hearers(about, by))
    await record(fact, about=note, by=by, **shown)
