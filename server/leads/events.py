"""What is told of leads."""

from __future__ import annotations

from uuid import UUID

from server.core.events import Event, event
from server.core.rooms import Audience
from server.leads.schemas import LeadOut
from server.records.kinds import NamedEvent, OwnedEvent

LIVE = {Audience.LEADS, Audience.MEMBERS}


@event("lead.created", says="{actor} added the lead {subject}", live=LIVE, webhook=True, shows=LeadOut)
class LeadCreated(OwnedEvent):
    """There is a new lead."""


@event("lead.updated", says="{actor} changed {subject}: {changes}", live=LIVE, webhook=True, shows=LeadOut)
class LeadUpdated(OwnedEvent):
    """Fields or tags of the lead changed; also a move through the pipeline."""


@event("lead.won", says="{actor} won {subject}", live=LIVE, webhook=True, shows=LeadOut)
class LeadWon(OwnedEvent):
    """The lead was won; follows its `lead.updated`."""


@event("lead.lost", says="{actor} lost {subject}: {reason}", live=LIVE, webhook=True, shows=LeadOut)
class LeadLost(OwnedEvent):
    """The lead was lost; follows its `lead.updated`."""

    reason: str


@event("lead.converted", says="{actor} converted {subject}", live=LIVE, webhook=True, shows=LeadOut)
class LeadConverted(OwnedEvent):
    """A contact was made of the lead, and what else was asked for."""

    contact_id: UUID
    company_id: UUID | None
    project_id: UUID | None


@event(
    "lead.assigned",
    says="{actor} gave {subject} to {name}",
    live={Audience.MEMBERS},
    notify=True,
    webhook=True,
    shows=LeadOut,
)
class LeadAssigned(Event):
    """The lead is this member's now."""

    member_id: UUID
    user_id: UUID
    name: str

    def members(self) -> tuple[UUID, ...]:
        return (self.member_id,)


@event("leads.bulk_updated", says="{actor} changed {count} leads: {fields}", live=LIVE, webhook=True)
class LeadsBulkUpdated(OwnedEvent):
    """Many leads changed in one go; each has its own `lead.updated` before this."""

    count: int
    lead_ids: list[UUID]
    fields: list[str]


@event("leads.bulk_assigned", says="{actor} gave {count} leads to {name}", live=LIVE, notify=True, webhook=True)
class LeadsBulkAssigned(Event):
    """Many leads are this member's now, who is told once; each has its own `lead.updated` before this."""

    count: int
    lead_ids: list[UUID]
    member_id: UUID
    user_id: UUID
    name: str

    def members(self) -> tuple[UUID, ...]:
        return (self.member_id,)


@event("leads.bulk_deleted", says="{actor} deleted {count} leads", live=LIVE, webhook=True)
class LeadsBulkDeleted(OwnedEvent):
    """Many leads are gone in one go; each has its own `lead.deleted` before this."""

    count: int
    lead_ids: list[UUID]


@event("lead.deleted", says="{actor} deleted the lead “{name}”", live=LIVE, webhook=True)
class LeadDeleted(NamedEvent):
    """The lead is gone, with its notes."""


@event("lead.left", says="{actor} gave the lead “{name}” to somebody else", live={Audience.MEMBERS})
class LeadLeft(NamedEvent):
    """Who is kept to their own leads sees this one no more."""
