"""The room of one proposal: the team's side of it."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.proposals import Proposal
from realtime.credentials import token_kind
from realtime.rooms import room_kind
from server.core.permissions import Can
from server.proposals.links import PREFIX, open_socket

# A link's secret has no dots; the token that a code is answered with says what it is.
token_kind(lambda token: token.startswith(PREFIX) or (len(token) == 43 and "." not in token), open_socket)


@room_kind("proposal", signals=["typing"])
async def may_read(actor: Actor, id: UUID) -> bool:
    return actor.may(Can.PROPOSALS_READ) and await Proposal.is_visible(actor, id)
