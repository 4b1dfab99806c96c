"""The answer: a signature under exactly what was shown, once and in order, or a no with its reason."""

from __future__ import annotations

import base64
import binascii
import io
from uuid import UUID

from PIL import Image, UnidentifiedImageError

from models.actors import Actor
from models.clock import now
from models.errors import Conflict, PermissionDenied, wrong
from models.proposals import ProposalRecipient, ProposalSignature
from server.core.events import record
from server.core.jobs import enqueue
from server.core.view import Row
from server.proposals import keepers, links, public, sending
from server.proposals.events import ProposalAccepted, ProposalDeclined, ProposalSigned
from server.proposals.links import VERIFIED, Held
from server.proposals.public_schemas import SignIn
from server.proposals.schemas import ProposalOut

PNG = "data:image/png;base64,"
MOST_PIXELS = 4_000_000


async def sign(body: SignIn, *, by: Actor, address: str, user_agent: str) -> Row:
    """Sign the version as it was shown; the last signature accepts it.

    Raises `Conflict`: already_signed, digest_mismatch, not_your_turn, or why it is open no more.
    """
    held = await links.open_link(by, lock=True)
    signed = await public.signatures(held.version)
    _check_turn(held, signed)
    if body.digest != held.version.digest:
        raise Conflict("It is not what you were shown any more; look at it again.", code="digest_mismatch")
    await _keep(held, body, by, address, user_agent)
    upcoming = public.next_signer(held.version, signed | {by.id: now()})
    accepted = upcoming is None
    values = {"status": "accepted", "accepted_at": now(), "closed_at": now()} if accepted else {"status": "opened"}
    values |= {"opened_at": held.proposal.opened_at or now()}
    changes, row = await ProposalOut.change(held.proposal, values, touch=True)
    await _tell(held, body.name, accepted, by, changes, row)
    if accepted:
        await _follow(held)
    else:
        await _ask_next(held, upcoming, by)
    return await public.of_holder(held)


async def decline(reason: str, *, by: Actor) -> Row:
    """Say no. Raises `Conflict` for what is open no more, `PermissionDenied` (not_a_signer) for a viewer."""
    held = await links.open_link(by, lock=True)
    _must_sign(held)
    held.must_be_open()
    values = {"status": "declined", "decline_reason": reason, "closed_at": now()}
    changes, row = await ProposalOut.change(held.proposal, values)
    fact = ProposalDeclined(recipient_id=by.id, name=by.name, reason=reason, **await _told(held))
    shared = await public.shared_out(held.proposal, held.version)
    await record(fact, about=held.proposal, by=by, changes=changes, data=row, public=shared)
    return await public.of_holder(held)


def _must_sign(held: Held) -> None:
    if held.recipient.role != "signer":
        raise PermissionDenied("Only who was asked to sign can answer.", code="not_a_signer")


def _check_turn(held: Held, signed: dict[UUID, object]) -> None:
    _must_sign(held)
    if held.recipient.id in signed:
        raise Conflict("You have signed it already.", code="already_signed")
    held.must_be_open()
    if not public.may_sign(held, signed):
        raise Conflict("Somebody else has to sign before you.", code="not_your_turn")


async def _keep(held: Held, body: SignIn, by: Actor, address: str, user_agent: str) -> None:
    shared = await public.shared_out(held.proposal, held.version)
    await ProposalSignature.add(
        by,
        proposal_id=held.proposal.id,
        recipient_id=by.id,
        version_number=held.version.number,
        digest=body.digest,
        name=body.name,
        email=held.recipient.email,
        drawing=None if body.drawing is None else drawing_of(body.drawing),
        consent=public.consent(shared, held.recipient.language),
        verified_by="code" if held.proposal.require_code and by.may(VERIFIED) else "link",
        address=address,
        user_agent=user_agent[:500],
        timezone=held.recipient.timezone,
        signed_at=now(),
    )


def drawing_of(text: str) -> bytes:
    """The drawing as a PNG of our own making: only its pixels are kept. Raises `Invalid`."""
    error = wrong("drawing", "not_a_png", "Must be a PNG image as a data URL.")
    if not text.startswith(PNG):
        raise error
    try:
        raw = base64.b64decode(text.removeprefix(PNG), validate=True)
        with Image.open(io.BytesIO(raw), formats=("PNG",)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise error
            clean = io.BytesIO()
            image.convert("RGBA").save(clean, "PNG")
    except (binascii.Error, UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise error from None
    return clean.getvalue()


async def _tell(held: Held, signer: str, accepted: bool, by: Actor, changes: Row, row: Row) -> None:
    shared, told = await public.shared_out(held.proposal, held.version), await _told(held)
    version = {"version_number": held.version.number, "digest": held.version.digest}
    fact = ProposalSigned(recipient_id=by.id, signer=signer, **version, **told)
    await record(fact, about=held.proposal, by=by, changes=changes, data=row, public=shared)
    if accepted:
        await record(
            ProposalAccepted(**version, **told), about=held.proposal, by=by, changes=changes, data=row, public=shared
        )


async def _told(held: Held) -> Row:
    return {"member_ids": await keepers.of(held.proposal), "link_ids": await keepers.links(held.proposal)}


async def _follow(held: Held) -> None:
    """What an acceptance starts: word to all who signed, and the project where the team wants it made by itself."""
    await enqueue("proposal_accepted", {"proposal_id": str(held.proposal.id)}, dedupe=str(held.version.id))


async def _ask_next(held: Held, upcoming: UUID | None, by: Actor) -> None:
    if upcoming is not None:
        recipient = await ProposalRecipient.of_proposal(by, held.proposal.id, upcoming)
        await sending.mail(recipient, held.proposal, "your-turn", sender=by.name)
