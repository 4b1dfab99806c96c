"""What is told of views: to each member who sees it, in their own room."""

from __future__ import annotations

from uuid import UUID

from models.db import connection
from models.views import READ, SavedView
from server.core.events import event
from server.core.permissions import ROLES
from server.core.rooms import Audience
from server.records.kinds import NamedEvent, OwnedEvent
from server.views.schemas import ViewOut

LIVE = {Audience.MEMBERS}
SEEN_BY = """
SELECT id FROM member WHERE team_id = $1 AND left_at IS NULL AND role = ANY($2) AND (user_id = $3 OR $4) ORDER BY id
"""


async def hearers(view: SavedView) -> tuple[UUID, ...]:
    """The memberships that see the view: its owner's, or all that may read such lists."""
    roles = [role for role, can in ROLES.items() if READ[view.kind] in can]
    rows = await connection().fetch(SEEN_BY, view.team_id, roles, view.owner_id, view.shared)
    return tuple(row["id"] for row in rows)


@event("view.created", says="{actor} saved the view {subject}", live=LIVE, shows=ViewOut)
class ViewCreated(OwnedEvent):
    """There is a new view, one's own or shared."""


@event("view.updated", says="{actor} changed the view {subject}: {changes}", live=LIVE, shows=ViewOut)
class ViewUpdated(OwnedEvent):
    """The view changed, or is shared from now on."""


@event("view.deleted", says="{actor} deleted the view “{name}”", live=LIVE)
class ViewDeleted(NamedEvent):
    """The view is gone."""


@event("view.left", says="{actor} keeps the view “{name}” to themselves", live=LIVE)
class ViewLeft(NamedEvent):
    """The view is not shared any more; it is its owner's alone."""
