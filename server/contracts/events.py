"""What is told of contracts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from server.contracts.schemas import ContractOut
from server.core.events import Event, event
from server.core.rooms import Audience
from server.records.kinds import NamedEvent, OwnedEvent

LIVE = {Audience.CONTRACTS, Audience.MEMBERS}


@event("contract.created", says="{actor} added the contract {subject}", live=LIVE, webhook=True, shows=ContractOut)
class ContractCreated(OwnedEvent):
    """There is a new contract."""


@event("contract.updated", says="{actor} changed {subject}: {changes}", live=LIVE, webhook=True, shows=ContractOut)
class ContractUpdated(OwnedEvent):
    """Fields, tags or the status of the contract changed; also when it expired by the clock."""


@event("contract.deleted", says="{actor} deleted the contract “{name}”", live=LIVE, webhook=True)
class ContractDeleted(NamedEvent):
    """The contract is gone, with its notes."""


@event(
    "contract.ending",
    says="{subject} ends on {end_on}",
    live={Audience.CONTRACTS, Audience.MEMBERS},
    notify=True,
    mail=True,
    webhook=True,
    shows=ContractOut,
)
class ContractEnding(Event):
    """An active contract ends within its notice; told once for each end to who made it, else to the owners."""

    end_on: date
    member_ids: list[UUID]

    def members(self) -> list[UUID]:
        return self.member_ids
