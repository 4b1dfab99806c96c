"""Proposals by the clock and after a yes: reminders until the answer, the end of its time, and what follows it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from models.actors import Actor, system_actor
from models.clock import now
from models.db import connection
from models.errors import AppError
from models.proposals import Proposal, ProposalRecipient
from server.config import settings
from server.core.events import record
from server.core.unit import unit_of_work
from server.proposals import conversion, keepers, public, sending
from server.proposals.conversion_schemas import ConvertProposalIn
from server.proposals.events import ProposalExpired, ProposalReminded, ProposalUndelivered
from server.proposals.schemas import ProposalOut
from tasks.context import JobContext
from tasks.registry import Args, NoArgs, job
from tasks.schedule import schedule

AT_ONCE = 100
# The links of all end together, with the last day or some months after they were sent.
ENDED = """
SELECT p.* FROM proposal p WHERE p.status IN ('sent', 'opened') AND NOT EXISTS (
    SELECT 1 FROM proposal_recipient r WHERE r.team_id = p.team_id AND r.proposal_id = p.id AND r.expires_at > $1)
ORDER BY p.id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
# Who is asked to sign now, and did not within so many days; what was missed is one reminder, not several.
WAITING = """
SELECT r.*, (SELECT count(*) FROM unnest($2::int[]) d WHERE r.sent_at + make_interval(days => d) <= $1)::int AS due
FROM proposal_recipient r JOIN proposal p ON p.team_id = r.team_id AND p.id = r.proposal_id
WHERE p.status IN ('sent', 'opened') AND r.role = 'signer' AND r.revoked_at IS NULL AND r.expires_at > $1
    AND r.version_number = p.version_number AND r.reminded < cardinality($2::int[])
    AND r.sent_at + make_interval(days => ($2::int[])[r.reminded + 1]) <= $1
    AND NOT EXISTS (SELECT 1 FROM proposal_signature s WHERE s.team_id = r.team_id AND s.recipient_id = r.id
        AND s.version_number = r.version_number)
    AND NOT EXISTS (SELECT 1 FROM proposal_recipient e WHERE e.team_id = r.team_id AND e.proposal_id = r.proposal_id
        AND e.role = 'signer' AND e.revoked_at IS NULL AND e.position < r.position
        AND NOT EXISTS (SELECT 1 FROM proposal_signature s WHERE s.team_id = e.team_id AND s.recipient_id = e.id
            AND s.version_number = e.version_number))
ORDER BY r.sent_at, r.id LIMIT $3 FOR UPDATE OF r SKIP LOCKED
"""
LATE = timedelta(minutes=10)
# Whose last mail does not get through; told once when it is late, and once when it is given up.
UNDELIVERED = """
SELECT r.*, j.last_error AS reason, j.state = 'dead' AS given_up
FROM proposal_recipient r JOIN job j ON j.team_id = r.team_id AND j.id = r.mail_job_id
WHERE j.last_error IS NOT NULL AND (j.state = 'dead' AND r.mail_told IS DISTINCT FROM 'failed'
    OR j.state IN ('queued', 'running') AND j.created_at < $1 AND r.mail_told IS NULL)
ORDER BY r.id LIMIT $2 FOR UPDATE OF r SKIP LOCKED
"""
AUTOMATIC = "SELECT settings #>> '{proposals,auto_convert}' = 'true' FROM team WHERE id = $1"
SIGNERS = """
SELECT r.* FROM proposal_recipient r WHERE r.team_id = $1 AND r.proposal_id = $2 AND r.revoked_at IS NULL
ORDER BY r.position
"""


class Accepted(Args):
    proposal_id: UUID


@job("proposal_accepted")
async def proposal_accepted(ctx: JobContext, args: Accepted) -> None:
    """Tell all recipients that it is signed, and make the project where the team wants that done by itself."""
    by = ctx.actor
    assert by is not None  # it was asked for in a team
    await _convert(args.proposal_id, by)
    async with ctx.unit():
        proposal = await Proposal.get_visible(by, id=args.proposal_id)
        for row in await connection().fetch(SIGNERS, by.team_id, proposal.id):
            await sending.mail(ProposalRecipient._init_from_db(**row), proposal, "accepted")


async def _convert(id: UUID, by: Actor) -> None:
    """Convert it once; a proposal that cannot be converted by itself (a team's required field) waits for a person."""
    try:
        async with unit_of_work(by):
            if await connection().fetchval(AUTOMATIC, by.team_id):
                await conversion.convert(id, ConvertProposalIn(), by=by)
    except AppError as error:
        if error.status >= 500:
            raise


@job("follow_proposals", quiet=True)
async def follow_proposals(ctx: JobContext, args: NoArgs) -> dict[str, int]:
    """Let those expire whose time is over, remind who has not answered, and tell of mails that do not get through."""
    return {"expired": await _expire(ctx), "reminded": await _remind(ctx), "undelivered": await _undelivered(ctx)}


async def _expire(ctx: JobContext) -> int:
    expired = 0
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(ENDED, now(), AT_ONCE)
            for row in rows:
                await _end(Proposal._init_from_db(**{n: v for n, v in row.items() if n != "search"}))
        expired += len(rows)
        if len(rows) < AT_ONCE:
            return expired


async def _end(proposal: Proposal) -> None:
    changes, row = await ProposalOut.change(proposal, {"status": "expired", "closed_at": now()})
    version = await sending.latest(proposal)
    assert version is not None  # it was sent
    fact = ProposalExpired(member_ids=await keepers.of(proposal), link_ids=await keepers.links(proposal))
    shared = await public.shared_out(proposal, version)
    by = system_actor(proposal.team_id)
    await record(fact, about=proposal, by=by, changes=changes, data=row, public=shared)


async def _remind(ctx: JobContext) -> int:
    reminded, days = 0, sorted(settings().proposal_reminder_days)
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(WAITING, now(), days, AT_ONCE)
            for row in rows:
                due = row["due"]
                await _mail(ProposalRecipient._init_from_db(**{n: v for n, v in row.items() if n != "due"}), due)
        reminded += len(rows)
        if len(rows) < AT_ONCE:
            return reminded


async def _mail(recipient: ProposalRecipient, due: int) -> None:
    by = system_actor(recipient.team_id)
    proposal = await Proposal.get_visible(by, id=recipient.proposal_id)
    await recipient.change(reminded=due)
    expires = "" if proposal.expires_on is None else proposal.expires_on.isoformat()
    await sending.mail(recipient, proposal, "reminder", expires=expires)
    fact = ProposalReminded(recipient_id=recipient.id, name=recipient.name)
    await record(fact, about=proposal, by=by)


async def _undelivered(ctx: JobContext) -> int:
    told = 0
    while True:
        async with ctx.unit(final=False):
            rows = await connection().fetch(UNDELIVERED, now() - LATE, AT_ONCE)
            for row in rows:
                found = {n: v for n, v in row.items() if n not in ("reason", "given_up")}
                await _tell(ProposalRecipient._init_from_db(**found), row["reason"], given_up=row["given_up"])
        told += len(rows)
        if len(rows) < AT_ONCE:
            return told


async def _tell(recipient: ProposalRecipient, reason: str, *, given_up: bool) -> None:
    by = system_actor(recipient.team_id)
    proposal = await Proposal.get_visible(by, id=recipient.proposal_id)
    await recipient.change(mail_told="failed" if given_up else "delayed")
    fact = ProposalUndelivered(
        recipient_id=recipient.id,
        name=recipient.name,
        reason=reason,
        given_up=given_up,
        member_ids=await keepers.of(proposal),
    )
    await record(fact, about=proposal, by=by)


schedule("proposals.follow", "*/10 * * * *", job="follow_proposals", catch_up="latest")
