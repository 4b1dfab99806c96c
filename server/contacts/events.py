"""What is told of contacts."""

from __future__ import annotations

from server.contacts.schemas import ContactOut
from server.core.events import event
from server.core.rooms import Audience
from server.records.kinds import MergedEvent, NamedEvent, OwnedEvent

LIVE = {Audience.CONTACTS, Audience.MEMBERS}


@event("contact.created", says="{actor} added the contact {subject}", live=LIVE, webhook=True, shows=ContactOut)
class ContactCreated(OwnedEvent):
    """There is a new contact."""


@event("contact.updated", says="{actor} changed {subject}: {changes}", live=LIVE, webhook=True, shows=ContactOut)
class ContactUpdated(OwnedEvent):
    """Fields or tags of the contact changed."""


@event("contact.deleted", says="{actor} deleted the contact “{name}”", live=LIVE, webhook=True)
class ContactDeleted(NamedEvent):
    """The contact is gone, with their notes."""


@event("contact.merged", says="{actor} merged “{from_name}” into {subject}", live=LIVE, webhook=True, shows=ContactOut)
class ContactMerged(MergedEvent):
    """What hung on the other contact hangs on this one; follows `contact.deleted` of the other one."""


@event("contact.left", says="{actor} gave the contact “{name}” to somebody else", live={Audience.MEMBERS})
class ContactLeft(NamedEvent):
    """Who is kept to their own contacts sees this one no more."""
