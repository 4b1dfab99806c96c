"""What is told of imports as a whole; each record's own fact is told as well."""

from __future__ import annotations

from uuid import UUID

from server.core.events import Event, event
from server.core.rooms import Audience

LIVE = {Audience.RECORD, Audience.MEMBERS}


class ImportEvent(Event):
    """Heard where the kind is heard, and by whoever imports."""

    member_id: UUID
    kind: str
    file_name: str

    def members(self) -> tuple[UUID, ...]:
        return (self.member_id,)


@event(
    "import.finished",
    says="{actor} imported “{file_name}”: {created} new, {updated} changed, {skipped} as they were, {failed} failed",
    live=LIVE,
    webhook=True,
)
class ImportFinished(ImportEvent):
    """The whole file is imported."""

    created: int
    updated: int
    skipped: int
    failed: int


@event(
    "import.undone",
    says="{actor} took back the import of “{file_name}”: {removed} removed, {restored} restored, {kept} kept",
    live=LIVE,
    webhook=True,
)
class ImportUndone(ImportEvent):
    """What the import made is gone, what it changed is as before, except what was kept."""

    removed: int
    restored: int
    kept: int
