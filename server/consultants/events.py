"""What is told of consultants."""

from __future__ import annotations

from server.consultants.schemas import ConsultantOut
from server.core.events import event
from server.core.rooms import Audience
from server.records.kinds import MergedEvent, NamedEvent, OwnedEvent

LIVE = {Audience.CONSULTANTS, Audience.MEMBERS}


@event(
    "consultant.created", says="{actor} added the consultant {subject}", live=LIVE, webhook=True, shows=ConsultantOut
)
class ConsultantCreated(OwnedEvent):
    """There is a new consultant; follows the contact's `contact.created` when they are new, too."""


@event("consultant.updated", says="{actor} changed {subject}: {changes}", live=LIVE, webhook=True, shows=ConsultantOut)
class ConsultantUpdated(OwnedEvent):
    """What they know, cost, or when they can work changed; the person's own fields are the contact's."""


@event("consultant.deleted", says="{actor} took “{name}” off the consultants", live=LIVE, webhook=True)
class ConsultantDeleted(NamedEvent):
    """They are no consultant any more; the contact stays."""


@event(
    "consultant.merged",
    says="{actor} merged “{from_name}” into {subject}",
    live=LIVE,
    webhook=True,
    shows=ConsultantOut,
)
class ConsultantMerged(MergedEvent):
    """Two contacts that were merged were both consultants: the two are one, too."""
