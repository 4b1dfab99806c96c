"""Marking notifications as read."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.identity import Member
from models.notifications import Notification
from server.core.events import record
from server.notifications.events import NotificationRead, NotificationsRead
from server.notifications.schemas import NotificationOut

READ_ALL = """
UPDATE notification SET read_at = $3, updated_at = $3, version = version + 1
WHERE team_id = $1 AND member_id = $2 AND read_at IS NULL RETURNING id
"""


async def read(id: UUID, *, by: Actor) -> dict[str, object]:
    """Mark one as read; one that was read before stays as it is."""
    found = await Notification.locked(by, id=id)
    changes = {} if found.read_at else await found.change(read_at=now())
    row = await NotificationOut.of(found)
    if changes:
        await record(NotificationRead(member_id=by.member_id), about=found, by=by, changes=changes, data=row)
    return row


async def read_all(*, by: Actor) -> int:
    """Mark all as read; gives how many were not."""
    rows = await connection().fetch(READ_ALL, by.team_id, by.member_id, now())
    if rows:
        member = await Member.get_visible(by, id=by.member_id)
        await record(NotificationsRead(member_id=by.member_id, count=len(rows)), about=member, by=by)
    return len(rows)


async def unread(*, by: Actor) -> int:
    sql = "SELECT count(*) FROM notification WHERE team_id = $1 AND member_id = $2 AND read_at IS NULL"
    return await connection().fetchval(sql, by.team_id, by.member_id) or 0
