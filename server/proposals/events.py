"""What is told of proposals: all of it to the team's side, what is public of it to the recipients."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field

from server.core.events import Ending, Event, event
from server.core.rooms import Audience, portal_room, proposal_room
from server.proposals.conversion_schemas import InvoiceOut
from server.proposals.item_schemas import ItemOut
from server.proposals.public_schemas import PublicComment, SharedOut
from server.proposals.schemas import ProposalOut
from server.proposals.sent_schemas import ProposalCommentOut
from server.records.kinds import NamedEvent, OwnedEvent

LIVE = {Audience.PROPOSALS, Audience.PROPOSAL}


@event("proposal.created", says="{actor} began the proposal {subject}", live=LIVE, webhook=True, shows=ProposalOut)
class ProposalCreated(OwnedEvent):
    """There is a new draft."""


@event("proposal.updated", says="{actor} changed {subject}: {changes}", live=LIVE, webhook=True, shows=ProposalOut)
class ProposalUpdated(OwnedEvent):
    """Fields, texts, totals or the status of the proposal changed."""


@event("proposal.deleted", says="{actor} deleted the draft “{name}”", live=LIVE, webhook=True)
class ProposalDeleted(NamedEvent):
    """A draft that was never sent is gone, and its room with it."""

    def ends(self, about: Any) -> Iterable[Ending]:
        yield Ending(proposal_room(about.id), "deleted")


@event("proposal_item.created", says="{actor} added “{description}”", live={Audience.PROPOSAL}, shows=ItemOut)
class ItemCreated(Event):
    """There is a new item; the totals follow in `proposal.updated`."""

    record_id: UUID
    description: str


@event(
    "proposal_item.updated", says="{actor} changed “{description}”: {changes}", live={Audience.PROPOSAL}, shows=ItemOut
)
class ItemUpdated(Event):
    """An item changed; its amounts may change with any of its neighbours, too."""

    record_id: UUID
    description: str


@event("proposal_item.deleted", says="{actor} removed “{description}”", live={Audience.PROPOSAL})
class ItemDeleted(Event):
    """An item is gone."""

    record_id: UUID
    description: str


@event("proposal.reordered", says="{actor} changed the order of the items", live={Audience.PROPOSAL}, shows=ProposalOut)
class ItemsReordered(Event):
    """The items stand in another order."""

    item_ids: list[UUID]


# ---- what was sent, and what became of it ----


class _Linked(OwnedEvent):
    """Heard by the recipients, too: those whose links it names."""

    link_ids: tuple[UUID, ...] = Field(default=(), exclude=True)

    def links(self) -> tuple[UUID, ...]:
        return self.link_ids


class _Revoked(_Linked):
    """Ends the links that it names."""

    def ends(self, about: Any) -> Iterable[Ending]:
        return [Ending(portal_room(id), "token_revoked") for id in self.link_ids]


class _Told(_Linked):
    """Who keeps the proposal is told."""

    member_ids: list[UUID]

    def members(self) -> list[UUID]:
        return self.member_ids


BOTH = LIVE | {Audience.LINKS}
SHOWN = {"webhook": True, "shows": ProposalOut, "public": SharedOut}


@event("proposal.sent", says="{actor} sent version {version_number} of {subject} to {to}", live=BOTH, **SHOWN)
class ProposalSent(_Linked):
    """A version was frozen, and mailed to its recipients; who has an older one open hears that there is a newer."""

    version_number: int
    digest: str
    to: list[str]


@event("proposal.linked", says="{actor} made a new link for {name}", live=LIVE, shows=ProposalOut)
class ProposalLinked(OwnedEvent):
    """A recipient's link got one more secret, which was mailed to them, or given to who asked for it."""

    recipient_id: UUID
    name: str
    mailed: bool


@event("proposal.revised", says="{actor} opened version {version_number} of {subject}", live=BOTH, **SHOWN)
class ProposalRevised(_Linked):
    """The next version is being written; the one before cannot be signed any more."""

    version_number: int


@event("proposal.extended", says="{actor} extended {subject} to {expires_on}", live=BOTH, **SHOWN)
class ProposalExtended(_Linked):
    """There is more time to sign."""

    expires_on: date


@event(
    "proposal.withdrawn",
    says="{actor} withdrew {subject}",
    live=LIVE,
    webhook=True,
    shows=ProposalOut,
    public=SharedOut,
)
class ProposalWithdrawn(_Revoked):
    """Its links have ended; pages that are open close."""


@event("proposal.unlinked", says="{subject} is no longer for {names}", live=LIVE, shows=ProposalOut, public=SharedOut)
class ProposalUnlinked(_Revoked):
    """Who is no recipient of the version that was just sent has no link any more; pages that are open close."""

    names: list[str]


@event(
    "proposal.expired",
    says="{subject} has expired",
    live=LIVE,
    notify=True,
    webhook=True,
    shows=ProposalOut,
    public=SharedOut,
)
class ProposalExpired(_Told):
    """Nobody answered in time; its links have ended."""

    def ends(self, about: Any) -> Iterable[Ending]:
        return [Ending(portal_room(id), "token_expired") for id in self.link_ids]


@event("proposal.opened", says="{name} opened {subject}", live=LIVE, notify=True, webhook=True, shows=ProposalOut)
class ProposalOpened(_Told):
    """A recipient read it for the first time."""

    recipient_id: UUID
    name: str
    version_number: int


@event("proposal.viewed", says="{name} read {subject}", live=LIVE, webhook=True, shows=ProposalOut)
class ProposalViewed(OwnedEvent):
    """Somebody is reading: told as a visit begins, with each new section, every quarter of a minute, and when they
    leave; the numbers are the visit's. `reading` says whether they still do."""

    recipient_id: UUID
    name: str
    visit_id: UUID
    section: str | None
    visible_ms: int
    focused_ms: int
    confidence: str
    reading: bool = True


@event(
    "proposal.commented",
    says="{actor} wrote about “{record_name}”",
    live=BOTH,
    notify=True,
    webhook=True,
    shows=ProposalCommentOut,
    public=PublicComment,
)
class ProposalCommented(_Told):
    """A question, an answer, or a note of the team's, which only the team hears of."""

    record_id: UUID
    record_name: str
    visibility: str


@event("proposal.chosen", says="{name} chose from the options of {subject}", live=BOTH, **SHOWN)
class ProposalChosen(_Linked):
    """A recipient chose options or quantities; the totals, and the digest to sign, are other ones."""

    recipient_id: UUID
    name: str
    digest: str


@event("proposal.signed", says="{signer} signed version {version_number} of {subject}", live=BOTH, notify=True, **SHOWN)
class ProposalSigned(_Told):
    """A signer signed exactly the document with this digest."""

    recipient_id: UUID
    signer: str
    version_number: int
    digest: str  # of the document as the signer saw it


@event("proposal.accepted", says="{subject} was accepted", live=BOTH, notify=True, **SHOWN)
class ProposalAccepted(_Told):
    """All have signed: a commitment, of which a project, its tasks and an invoice may be made."""

    version_number: int
    digest: str


@event("proposal.declined", says="{name} declined {subject}: {reason}", live=BOTH, notify=True, **SHOWN)
class ProposalDeclined(_Told):
    """A signer said no."""

    recipient_id: UUID
    name: str
    reason: str


@event("proposal.converted", says="{actor} made a project of {subject}", live=LIVE, webhook=True, shows=ProposalOut)
class ProposalConverted(OwnedEvent):
    """A project, its tasks and the draft of an invoice were made of it."""

    made_project_id: UUID
    invoice_id: UUID | None
    tasks: int


@event("invoice.drafted", says="{actor} drafted an invoice", live={Audience.PROPOSALS}, webhook=True, shows=InvoiceOut)
class InvoiceDrafted(Event):
    """The draft of an invoice was made of an accepted proposal."""

    record_id: UUID


@event(
    "proposal.undelivered",
    says="{subject}: the mail to {name} is not delivered: {reason}",
    live=LIVE,
    notify=True,
    webhook=True,
    shows=ProposalOut,
)
class ProposalUndelivered(_Told):
    """A recipient's mail does not get through: told when it is late, and is tried again; and when it is given up."""

    recipient_id: UUID
    name: str
    reason: str
    given_up: bool


@event("proposal.reminded", says="{subject}: {name} was reminded", live=LIVE, shows=ProposalOut)
class ProposalReminded(OwnedEvent):
    """A signer who has not answered was mailed again."""

    recipient_id: UUID
    name: str
