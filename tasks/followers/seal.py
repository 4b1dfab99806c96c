"""What all have signed is printed and sealed at once."""

from __future__ import annotations

from models.actors import system_actor
from models.errors import AppError
from models.proposals import Proposal
from server.paper import sources
from server.paper.orders import order
from tasks.followers.fact import Fact
from tasks.followers.people import subject_of


async def seal(facts: list[Fact]) -> None:
    """Order the sealed paper of each proposal that was accepted."""
    for fact in facts:
        by = system_actor(fact.team_id)
        try:
            proposal = await Proposal.get_visible(by, id=subject_of(fact).id)
            _, wanted = await sources.signed(proposal)
        except AppError:  # gone meanwhile: nothing is left to be sealed
            continue
        await order(wanted, by=by)
