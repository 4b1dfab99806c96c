"""Questions and answers about a proposal; the team's notes stay with the team."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.base import Condition
from models.proposals import Proposal
from server.core.events import record
from server.core.view import Row
from server.proposals import keepers
from server.proposals.events import ProposalCommented
from server.proposals.sent_schemas import ProposalCommentIn, ProposalCommentOut

MOST_SHOWN = 500


async def write(id: UUID, body: ProposalCommentIn, *, by: Actor) -> Row:
    """Answer the client, or note something for the team."""
    proposal = await Proposal.get_visible(by, id=id)
    return await _add(proposal, body.model_dump() | {"author_id": by.id}, by, [])


async def ask(proposal: Proposal, values: Row, *, by: Actor) -> Row:
    """Ask the team, who are told; gives the question as the recipient sees it."""
    told = await keepers.of(proposal)
    return public_of(await _add(proposal, values | {"recipient_id": by.id, "visibility": "client"}, by, told))


async def public(proposal: Proposal) -> list[Row]:
    """What recipients read of it, in order."""
    where = Condition("t.proposal_id = {0} AND t.visibility = 'client'", (proposal.id,))
    rows = await ProposalCommentOut.many(where, order="t.created_at, t.id")
    return [public_of(row) for row in rows[-MOST_SHOWN:]]


def public_of(row: Row) -> Row:
    return {n: row[n] for n in ("id", "created_at", "author", "body", "section")}


async def _add(proposal: Proposal, values: Row, by: Actor, told: list[UUID]) -> Row:
    comment, row = await ProposalCommentOut.add(by, **values, proposal_id=proposal.id, author_name=by.name)
    is_public = comment.visibility == "client"
    fact = ProposalCommented(
        record_id=proposal.id,
        record_name=proposal.title,
        visibility=comment.visibility,
        member_ids=told,
        link_ids=await keepers.links(proposal) if is_public else (),
    )
    await record(fact, about=comment, by=by, data=row, public=public_of(row) if is_public else None)
    return row
