"""What is told of comments, checklist items and time entries."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from server.core.events import Event, event
from server.core.rooms import Audience
from server.todos.events import LIVE, TaskEvent
from server.todos.part_schemas import ChecklistItemOut, CommentOut, TimeEntryOut


class _OnTask(TaskEvent):
    task_id: UUID
    task_title: str


@event("comment.created", says="{actor} commented on “{task_title}”", live=LIVE, webhook=True, shows=CommentOut)
class CommentCreated(_OnTask):
    """Somebody said something about the task."""


@event("comment.updated", says="{actor} edited a comment on “{task_title}”", live=LIVE, webhook=True, shows=CommentOut)
class CommentUpdated(_OnTask):
    """The author changed what they said."""


@event("comment.deleted", says="{actor} removed a comment on “{task_title}”", live=LIVE, webhook=True)
class CommentDeleted(_OnTask):
    """A comment is gone."""


@event(
    "comment.mentioned",
    says="{actor} mentioned {names} on “{task_title}”",
    live={Audience.MEMBERS},
    notify=True,
    mail=True,
    shows=CommentOut,
)
class CommentMentioned(Event):
    """These people were called by a comment."""

    task_id: UUID
    task_title: str
    member_ids: list[UUID]
    user_ids: list[UUID]
    names: list[str]

    def members(self) -> Iterable[UUID]:
        return self.member_ids


@event(
    "checklist_item.created",
    says="{actor} added {subject} to the checklist of “{task_title}”",
    live=LIVE,
    webhook=True,
    shows=ChecklistItemOut,
)
class ChecklistItemCreated(_OnTask):
    """There is a new line to tick off."""


@event(
    "checklist_item.updated",
    says="{actor} changed {subject} on the checklist of “{task_title}”: {changes}",
    live=LIVE,
    webhook=True,
    shows=ChecklistItemOut,
)
class ChecklistItemUpdated(_OnTask):
    """A line was ticked, renamed or moved."""


@event(
    "checklist_item.deleted",
    says="{actor} removed {subject} from the checklist of “{task_title}”",
    live=LIVE,
    webhook=True,
    shows=ChecklistItemOut,
)
class ChecklistItemDeleted(_OnTask):
    """A line is gone; `data` is what it was."""


# Time is for its owner's eyes and for those who see everybody's, so that the project's room does not hear of it.
TIMEKEEPERS = {Audience.MEMBERS, Audience.PROJECTS}


@event(
    "time_entry.created",
    says="{actor} logged time on “{task_title}”",
    live=TIMEKEEPERS,
    webhook=True,
    shows=TimeEntryOut,
)
class TimeEntryCreated(_OnTask):
    """Time was logged, or a timer started."""


@event(
    "time_entry.updated",
    says="{actor} changed time on “{task_title}”: {changes}",
    live=TIMEKEEPERS,
    webhook=True,
    shows=TimeEntryOut,
)
class TimeEntryUpdated(_OnTask):
    """A timer was stopped, or an entry corrected."""


@event(
    "time_entry.deleted",
    says="{actor} removed time from “{task_title}”",
    live=TIMEKEEPERS,
    webhook=True,
    shows=TimeEntryOut,
)
class TimeEntryDeleted(_OnTask):
    """An entry is gone; `data` is what it was."""
