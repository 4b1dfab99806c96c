"""The rooms of all records of a kind, for whoever may read all of that kind."""

from __future__ import annotations

from uuid import UUID

from models import consultants, contacts, contracts, leads, proposals  # noqa: F401 - the kinds there are
from models.actors import Actor
from models.records import owned_kinds
from realtime.rooms import MayRead, room_kind


def _reader(kinds: str) -> MayRead:
    async def may_read_all(actor: Actor, id: UUID) -> bool:
        return id == actor.team_id and actor.may(f"{kinds}:read") and actor.sees_all(kinds)

    return may_read_all


for _owned in owned_kinds().values():
    room_kind(_owned.kinds)(_reader(_owned.kinds))
