"""What is done with a version: sent, extended, withdrawn; and the next one opened."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.actors import Actor
from models.clock import now, today
from models.db import connection
from models.errors import Conflict, Findings, PermissionDenied, wrong
from models.proposals import Proposal, ProposalRecipient, ProposalVersion
from server.config import settings
from server.core.events import record
from server.core.mail import send_mail
from server.core.view import Row
from server.projects.clients import fill
from server.proposals import document, keepers, links, public, service, totals
from server.proposals.events import (
    ProposalExtended,
    ProposalLinked,
    ProposalRevised,
    ProposalSent,
    ProposalUnlinked,
    ProposalWithdrawn,
)
from server.proposals.schemas import ProposalOut, RecipientIn
from server.proposals.sent_schemas import SendIn
from server.settings import numbering

EMAIL_VERIFIED = "SELECT email_verified FROM app_user WHERE id = $1"
TEAM_NAME = "SELECT coalesce(business ->> 'name', name) FROM team WHERE id = $1"
REVOKE = """
UPDATE proposal_recipient SET revoked_at = $3, version = version + 1, updated_at = $3
WHERE team_id = $1 AND proposal_id = $2 AND revoked_at IS NULL AND id <> ALL($4) RETURNING id, name
"""
RECIPIENTS = "SELECT * FROM proposal_recipient WHERE team_id = $1 AND proposal_id = $2 ORDER BY id FOR UPDATE"
LATEST = """
SELECT * FROM proposal_version WHERE team_id = $1 AND proposal_id = $2 AND ($3::int IS NULL OR number = $3)
ORDER BY number DESC LIMIT 1
"""
REVISABLE = ("sent", "opened", "declined", "expired", "withdrawn")


async def send(id: UUID, body: SendIn, *, by: Actor) -> Row:
    """Freeze this version, make the public links, e-mail them.

    Raises `Conflict` (version_frozen, total_negative), `Invalid` for a draft that nobody could sign,
    `PermissionDenied` (email_unverified).
    """
    await _must_be_verified(by)
    proposal = await Proposal.locked(by, id=id)
    proposal.must_be_draft()
    values = await _ready(proposal, by)
    values |= {"status": "sent", "sent_at": now(), "require_code": body.require_code}
    values |= {"opened_at": None, "closed_at": None, "decline_reason": None}
    values["number"] = proposal.number or await numbering.take("proposal", by=by)
    changes, _ = await ProposalOut.change(proposal, values)
    version = await _freeze(proposal, body.message, by)
    made = await _deliver(proposal, version, by)
    row = await ProposalOut.of(proposal)  # with what its recipients are now
    await _drop_others(proposal, made, row, by)
    shared = await public.shared_out(proposal, version)
    fact = ProposalSent(
        version_number=version.number,
        digest=version.digest,
        to=[link["email"] for link in made],
        link_ids=await keepers.links(proposal),
    )
    await record(fact, about=proposal, by=by, changes=changes, data=row, public=shared)
    return row | {"links": made}


async def revise(id: UUID, *, by: Actor) -> Row:
    """Open the next version. Raises `Conflict` (not_sent, already_signed)."""
    proposal = await Proposal.locked(by, id=id)
    return await reopen(proposal, by=by)


async def reopen(proposal: Proposal, *, by: Actor) -> Row:
    """The same for a proposal that is held already."""
    if proposal.status not in REVISABLE:
        code = "already_signed" if proposal.status == "accepted" else "not_sent"
        raise Conflict(f"A proposal that is {proposal.status} cannot be revised.", code=code)
    values = await totals.stored(proposal)  # without what the recipient chose
    values |= {"status": "draft", "version_number": proposal.version_number + 1}
    return await _tell(ProposalRevised, proposal, values, by, version_number=proposal.version_number + 1)


async def withdraw(id: UUID, *, by: Actor) -> Row:
    """End the public links. Raises `Conflict` (not_sent, already_signed, proposal_withdrawn)."""
    proposal = await Proposal.locked(by, id=id)
    if proposal.number is None:
        raise Conflict("It was never sent.", code="not_sent")
    if proposal.status in ("accepted", "withdrawn"):
        code = "already_signed" if proposal.status == "accepted" else "proposal_withdrawn"
        raise Conflict(f"It was {proposal.status} already.", code=code)
    ended = await connection().fetch(REVOKE, by.team_id, id, now(), [])
    changes, row = await ProposalOut.change(proposal, {"status": "withdrawn", "closed_at": now()})
    fact = ProposalWithdrawn(link_ids=tuple(r["id"] for r in ended))
    await record(fact, about=proposal, by=by, changes=changes, data=row)
    return row


async def extend(id: UUID, expires_on: date, *, by: Actor) -> Row:
    """Move the last day; one that has expired is open again. Raises `Conflict` (not_open), `Invalid` for the past."""
    proposal = await Proposal.locked(by, id=id)
    if proposal.status not in ("sent", "opened", "expired"):
        raise Conflict(f"A proposal that is {proposal.status} has no time to extend.", code="not_open")
    _check_future(expires_on)
    status = proposal.status
    if status == "expired":
        status = "opened" if proposal.opened_at else "sent"
    for row in await connection().fetch(RECIPIENTS, by.team_id, id):
        await ProposalRecipient._init_from_db(**row).change(expires_at=end_of(expires_on, row["timezone"]))
    values = {"expires_on": expires_on, "status": status, "closed_at": None}
    return await _tell(ProposalExtended, proposal, values, by, expires_on=expires_on)


async def relink(id: UUID, recipient_id: UUID, *, mail_it: bool, by: Actor) -> Row:
    """A new secret of the recipient's link, mailed as what was sent is, or to be handed over by other means.

    Raises `Conflict` (not_open), `PermissionDenied` (email_unverified).
    """
    await _must_be_verified(by)
    proposal = await Proposal.locked(by, id=id)
    recipient = await ProposalRecipient.of_proposal(by, id, recipient_id)
    if proposal.status not in ("sent", "opened", "accepted") or recipient.revoked_at is not None:
        raise Conflict(f"A proposal that is {proposal.status} has no link to give.", code="not_open")
    version = await latest(proposal)
    assert version is not None  # it was sent
    token = await (_letter(recipient, proposal, version, by) if mail_it else links.make(recipient))
    fact = ProposalLinked(recipient_id=recipient.id, name=recipient.name, mailed=mail_it)
    await record(fact, about=proposal, by=by)
    return _link(recipient, token)


async def latest(proposal: Proposal, number: int | None = None) -> ProposalVersion | None:
    """The version that was sent last, or the one with this number."""
    row = await connection().fetchrow(LATEST, proposal.team_id, proposal.id, number)
    return None if row is None else ProposalVersion._init_from_db(**row)


def end_of(day: date | None, timezone: str) -> datetime:
    """When a link ends: with the last day, where its holder is, or some months from now."""
    if day is None:
        return now() + timedelta(days=settings().proposal_link_days)
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone)).astimezone(UTC)


async def mail(recipient: ProposalRecipient, proposal: Proposal, letter: str, **words: str) -> str:
    """Mail the recipient, with a new secret of their link; gives that."""
    token = await links.make(recipient)
    context = {
        "name": recipient.name,
        "team": str(await connection().fetchval(TEAM_NAME, proposal.team_id)),
        "proposal": proposal.title,
        "link": links.address(token),
    }
    job_id = await send_mail(
        recipient.email,
        f"proposals/{letter}",
        language=recipient.language,
        team_id=proposal.team_id,
        **context | words,
    )
    await recipient.change(mail_job_id=job_id, mail_told=None)
    return token


# ---- how ----


async def _must_be_verified(by: Actor) -> None:
    if not await connection().fetchval(EMAIL_VERIFIED, by.id):
        raise PermissionDenied("Confirm your own address first.", code="email_unverified")


async def _ready(proposal: Proposal, by: Actor) -> Row:
    """What is still to be written of the draft. Raises what keeps it from being sent."""
    values: Row = {}
    if not proposal.recipients:
        values["recipients"] = await _from_client(proposal, by)
    findings = Findings()
    if not document.signers(values.get("recipients", proposal.recipients)):
        findings.add("recipients", "signer_missing", "Name at least one recipient who signs.")
    with findings:
        if proposal.expires_on is not None:
            _check_future(proposal.expires_on)
    findings.settle()
    values |= await totals.stored(proposal)
    if values["total"] < 0:
        raise Conflict("What is asked for is less than nothing.", code="total_negative")
    return values


async def _from_client(proposal: Proposal, by: Actor) -> list[Row]:
    """The client themselves, where nobody else was named and their address is known."""
    row: Row = {"client": None, "client_id": proposal.client_id}
    await fill([row], by=by)
    client = row["client"]
    if client is None or not client["email"]:
        return []
    return service.addressed([RecipientIn(name=client["name"], email=client["email"]).model_dump()], [])


def _check_future(day: date) -> None:
    if day < today():
        raise wrong("expires_on", "in_the_past", "Lies in the past.")


async def _freeze(proposal: Proposal, message: str | None, by: Actor) -> ProposalVersion:
    text = document.canonical(await document.freeze(proposal, by=by))
    digest = document.digest(text)
    return await ProposalVersion.add(
        by,
        proposal_id=proposal.id,
        number=proposal.version_number,
        content=text,
        content_digest=digest,
        digest=digest,
        total=proposal.total,
        currency=proposal.currency,
        message=message,
        sent_at=now(),
        sent_by=by.id,
    )


async def _deliver(proposal: Proposal, version: ProposalVersion, by: Actor) -> list[Row]:
    """Make the recipients of the version, with a link each."""
    made = []
    for given in proposal.recipients:
        recipient = await _recipient(proposal, given, by)
        made.append(_link(recipient, await _letter(recipient, proposal, version, by)))
    return made


async def _drop_others(proposal: Proposal, made: list[Row], row: Row, by: Actor) -> None:
    """Who was a recipient before, and is none any more, loses their link."""
    kept = [link["recipient_id"] for link in made]
    ended = await connection().fetch(REVOKE, by.team_id, proposal.id, now(), kept)
    if ended:
        fact = ProposalUnlinked(link_ids=tuple(r["id"] for r in ended), names=[r["name"] for r in ended])
        await record(fact, about=proposal, by=by, data=row)


async def _letter(recipient: ProposalRecipient, proposal: Proposal, version: ProposalVersion, by: Actor) -> str:
    expires = "" if proposal.expires_on is None else proposal.expires_on.isoformat()
    words = {"sender": by.name, "message": version.message or "", "expires": expires}
    return await mail(recipient, proposal, "sent", **words)


def _link(recipient: ProposalRecipient, token: str) -> Row:
    link = {"recipient_id": recipient.id, "email": recipient.email, "url": links.address(token), "token": token}
    return link | {"expires_at": recipient.expires_at}


async def _recipient(proposal: Proposal, given: Row, by: Actor) -> ProposalRecipient:
    values: dict[str, Any] = {n: given[n] for n in ("name", "email", "role", "position", "language", "timezone")}
    values |= {"expires_at": end_of(proposal.expires_on, given["timezone"]), "sent_at": now()}
    values |= {"version_number": proposal.version_number}
    values |= {"revoked_at": None, "opened_at": None, "reminded": 0}
    known = await connection().fetchrow(KNOWN, by.team_id, proposal.id, given["email"])
    if known is None:
        return await ProposalRecipient.add(by, id=UUID(given["id"]), proposal_id=proposal.id, **values)
    recipient = ProposalRecipient._init_from_db(**known)
    await recipient.change(**values)
    return recipient


KNOWN = """
SELECT * FROM proposal_recipient WHERE team_id = $1 AND proposal_id = $2 AND lower(email) = lower($3) FOR UPDATE
"""


async def _tell(event: Any, proposal: Proposal, values: Row, by: Actor, **detail: Any) -> Row:
    changes, row = await ProposalOut.change(proposal, values)
    version = await latest(proposal)
    assert version is not None  # it was sent
    shared = await public.shared_out(proposal, version)
    fact = event(link_ids=await keepers.links(proposal), **detail)
    await record(fact, about=proposal, by=by, changes=changes, data=row, public=shared)
    return row
