"""The public record: a sent version with what was chosen of it, as its recipients see it."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.proposals import Proposal, ProposalVersion
from server.core import log
from server.core.rooms import portal_room
from server.core.view import Row
from server.proposals import comments, document, links
from server.proposals.links import Held

SHARED = (
    "number",
    "version_number",
    "title",
    "currency",
    "tax_mode",
    "discount",
    "deposit_percent",
    "sections",
    "terms",
    "items",
    "totals",
    "sender",
)
SIGNED = """
SELECT recipient_id, signed_at FROM proposal_signature
WHERE team_id = $1 AND proposal_id = $2 AND version_number = $3 ORDER BY signed_at
"""
CONSENT = {
    "en": "I have read this proposal, number {number}, version {version_number}, and accept it as shown. I agree that "
    "my electronic signature binds me.",
    "de": "Ich habe dieses Angebot, Nummer {number}, Fassung {version_number}, gelesen und nehme es an, wie es hier "
    "steht. Ich stimme zu, dass meine elektronische Unterschrift mich bindet.",
}


async def read(by: Actor) -> Row:
    """The proposal as the holder of this link sees it."""
    held = await links.open_link(by)
    return await of_holder(held)


async def of_holder(held: Held) -> Row:
    """The same for a link that was opened already."""
    recipient, proposal, version = held.recipient, held.proposal, held.version
    shared, signed = await shared_out(proposal, version), await signatures(version)
    at = await log.head(portal_room(recipient.id))
    myself = {n: getattr(recipient, n) for n in ("id", "name", "email", "role", "language", "timezone")}
    return shared | {
        "recipient": myself | {"signed_at": signed.get(recipient.id)},
        "can_sign": held.is_open and may_sign(held, signed),
        "consent": consent(shared, recipient.language),
        "comments": await comments.public(proposal),
        "room": at.room,
        "epoch": at.epoch,
        "seq": at.seq,
    }


async def shared_out(proposal: Proposal, version: ProposalVersion) -> Row:
    """What all recipients of the version see alike."""
    shown, signed = document.shown(version), await signatures(version)
    revising = proposal.status == "draft"
    signers = [
        {"name": s["name"], "position": s["position"], "signed_at": signed.get(UUID(s["id"]))} for s in shown["signers"]
    ]
    return {n: shown[n] for n in SHARED} | {
        "id": proposal.id,
        "status": ("opened" if proposal.opened_at else "sent") if revising else proposal.status,
        "revising": revising or proposal.version_number != version.number,
        "expires_on": proposal.expires_on,
        "client_name": shown["client"] and shown["client"]["name"],
        "message": version.message,
        "sent_at": version.sent_at,
        "signers": signers,
        "digest": version.digest,
    }


def may_sign(held: Held, signed: dict[UUID, object]) -> bool:
    """Whether it is this recipient's turn."""
    return next_signer(held.version, signed) == held.recipient.id


def next_signer(version: ProposalVersion, signed: dict[UUID, object]) -> UUID | None:
    """Who of the signers has to sign next; None when all have."""
    waiting = (UUID(s["id"]) for s in document.frozen(version)["signers"])
    return next((id for id in waiting if id not in signed), None)


def consent(shown: Row, language: str) -> str:
    """The words that a signature agrees to, in the signer's language where we have it."""
    words = CONSENT.get(language.partition("-")[0], CONSENT["en"])
    return words.format(**{n: shown[n] for n in ("number", "version_number")})


async def signatures(version: ProposalVersion) -> dict[UUID, object]:
    """When whom signed the version."""
    rows = await connection().fetch(SIGNED, version.team_id, version.proposal_id, version.number)
    return {r["recipient_id"]: r["signed_at"] for r in rows}
