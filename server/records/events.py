"""What is told of tags, notes and activities."""

from __future__ import annotations

from uuid import UUID

from server.core.events import Event, event
from server.core.rooms import Audience
from server.records.kinds import OwnedEvent
from server.records.schemas import LoggedOut, NoteOut, TagOut

TEAM = {Audience.TEAM}
LIVE = {Audience.RECORD, Audience.MEMBERS}


@event("tag.created", says="{actor} made the tag {subject}", live=TEAM, webhook=True, shows=TagOut)
class TagCreated(Event):
    """There is a new tag for records of any kind."""


@event("tag.updated", says="{actor} changed the tag {subject}: {changes}", live=TEAM, webhook=True, shows=TagOut)
class TagUpdated(Event):
    """A tag is called or coloured otherwise, on all records that have it."""


@event("tag.deleted", says="{actor} deleted the tag “{name}”", live=TEAM, webhook=True)
class TagDeleted(Event):
    """The tag is gone from all records that had it."""

    name: str


class _OnRecord(OwnedEvent):
    """`record_id` is the record on whose feed the fact is read."""

    record_id: UUID
    record_name: str


@event("note.created", says="{actor} wrote a note on “{record_name}”", live=LIVE, webhook=True, shows=NoteOut)
class NoteCreated(_OnRecord):
    """Somebody wrote something down about a record."""


@event("note.updated", says="{actor} edited a note on “{record_name}”", live=LIVE, webhook=True, shows=NoteOut)
class NoteUpdated(_OnRecord):
    """The author changed what they wrote."""


@event("note.deleted", says="{actor} removed a note on “{record_name}”", live=LIVE, webhook=True)
class NoteDeleted(_OnRecord):
    """A note is gone."""


@event("activity.logged", says="{actor} logged {subject} ({kind})", live=LIVE, webhook=True, shows=LoggedOut)
class ActivityLogged(_OnRecord):
    """Somebody logged what they did about a record: a call, a meeting, an e-mail."""

    kind: str
