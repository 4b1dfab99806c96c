"""What is told of companies."""

from __future__ import annotations

from server.companies.schemas import CompanyOut
from server.core.events import event
from server.core.rooms import Audience
from server.records.kinds import MergedEvent, NamedEvent, OwnedEvent

LIVE = {Audience.COMPANIES, Audience.MEMBERS}


@event("company.created", says="{actor} added the company {subject}", live=LIVE, webhook=True, shows=CompanyOut)
class CompanyCreated(OwnedEvent):
    """There is a new company."""


@event("company.updated", says="{actor} changed {subject}: {changes}", live=LIVE, webhook=True, shows=CompanyOut)
class CompanyUpdated(OwnedEvent):
    """Fields or tags of the company changed."""


@event("company.deleted", says="{actor} deleted the company “{name}”", live=LIVE, webhook=True)
class CompanyDeleted(NamedEvent):
    """The company is gone, with its notes."""


@event("company.merged", says="{actor} merged “{from_name}” into {subject}", live=LIVE, webhook=True, shows=CompanyOut)
class CompanyMerged(MergedEvent):
    """What hung on the other company hangs on this one; follows `company.deleted` of the other one."""


@event("company.left", says="{actor} gave the company “{name}” to somebody else", live={Audience.MEMBERS})
class CompanyLeft(NamedEvent):
    """Who is kept to their own companies sees this one no more."""
