"""Who hears of a proposal: the people who keep it, and the recipients whose links lead to it."""

from __future__ import annotations

from uuid import UUID

from models.db import connection
from models.proposals import Proposal
from server.core.permissions import SCOPED_ROLES

# Who made it and who sent it, as long as they may read it; else the owners.
KEEPERS = """
SELECT m.id FROM member m WHERE m.team_id = $1 AND m.left_at IS NULL AND m.role <> ALL($4) AND (m.user_id = $2 OR
    m.user_id IN (SELECT v.sent_by FROM proposal_version v WHERE v.team_id = $1 AND v.proposal_id = $3)) ORDER BY m.id
"""
OWNERS = "SELECT id FROM member WHERE team_id = $1 AND left_at IS NULL AND role = 'owner' ORDER BY id"
LINKS = """
SELECT id FROM proposal_recipient WHERE team_id = $1 AND proposal_id = $2 AND revoked_at IS NULL ORDER BY id
"""


async def of(proposal: Proposal) -> list[UUID]:
    """The memberships that are told what recipients do."""
    about = (proposal.team_id, proposal.created_by, proposal.id)
    rows = await connection().fetch(KEEPERS, *about, list(SCOPED_ROLES))
    return [r["id"] for r in rows or await connection().fetch(OWNERS, proposal.team_id)]


async def links(proposal: Proposal) -> tuple[UUID, ...]:
    """The links that lead to the proposal."""
    return tuple(r["id"] for r in await connection().fetch(LINKS, proposal.team_id, proposal.id))
