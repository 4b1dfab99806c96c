"""What the bell hears live, in the member's own room."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from server.core.events import Event, event
from server.core.rooms import Audience
from server.notifications.schemas import NotificationOut


class _Own(Event):
    member_id: UUID

    def members(self) -> Iterable[UUID]:
        return (self.member_id,)


@event("notification.created", says="{subject}", live={Audience.MEMBERS}, shows=NotificationOut)
class NotificationCreated(_Own):
    """The member has been told something."""


@event("notification.read", says="{actor} read {subject}", live={Audience.MEMBERS}, shows=NotificationOut)
class NotificationRead(_Own):
    """The member has read it, perhaps in another window."""


@event("notification.all_read", says="{actor} read {count} notifications", live={Audience.MEMBERS})
class NotificationsRead(_Own):
    """Everything up to now is read."""

    count: int
