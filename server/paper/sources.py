"""What a proposal's paper is made from: its draft or a version as it was sent, its signatures, what happened to it."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import msgspec

from models.actors import Actor
from models.db import connection
from models.errors import Conflict, NotFound
from models.proposals import Proposal, ProposalVersion
from server.core.view import Row
from server.paper.orders import Order
from server.proposals import document

VERSION = "SELECT * FROM proposal_version WHERE team_id = $1 AND proposal_id = $2 AND number = $3"
SIGNATURES = """
SELECT name, email, digest, consent, verified_by, address, user_agent, timezone, signed_at, drawing, recipient_id
FROM proposal_signature WHERE team_id = $1 AND proposal_id = $2 AND version_number = $3 ORDER BY signed_at, id
"""
READS = "SELECT language, timezone FROM proposal_recipient WHERE team_id = $1 AND id = $2"
# What a signature is about, up to the acceptance; what the team does afterwards is no part of it.
# Who asked for one more link to the document is a part: it may be used to sign.
TELLING = ("sent", "linked", "opened", "commented", "chosen", "extended", "signed", "accepted")
FACTS = """
SELECT id, type, at, actor ->> 'kind' AS kind, actor ->> 'name' AS actor, address, detail
FROM event WHERE team_id = $1 AND subject_id = $2 AND subject_kind = 'proposal' AND type = ANY($3)
    AND at <= coalesce((SELECT max(at) FROM event WHERE team_id = $1 AND subject_id = $2
        AND type = 'proposal.accepted'), 'infinity')
ORDER BY at, id
"""
TOLD = ("version_number", "digest", "signer", "recipient_id", "mailed")


async def draft(proposal: Proposal, *, by: Actor, language: str, timezone: str) -> Order:
    """The draft as it stands."""
    content = await document.freeze(proposal, by=by)
    return Order(
        content,
        document.digest(document.canonical(content)),
        language,
        timezone,
        logo=await logo_of(content["sender"], by.team_id),
        expires=_iso(proposal.expires_on),
    )


async def sent(proposal: Proposal, version: ProposalVersion, *, language: str, timezone: str) -> Order:
    """A version that was sent, with what was chosen of it; when all have signed it, with what proves that."""
    signatures = await _signatures(version)
    shown = document.shown(version)
    all_signed = proposal.status == "accepted" and len(signatures) == len(shown["signers"])
    if all_signed and signatures:  # one paper for all: in the language of who signed first
        first = await connection().fetchrow(READS, version.team_id, UUID(signatures[0]["recipient_id"]))
        assert first is not None
        language, timezone = first["language"], first["timezone"]
    return Order(
        shown,
        version.digest,
        language,
        timezone,
        logo=await logo_of(shown["sender"], version.team_id),
        expires=_iso(proposal.expires_on),
        sent=_iso(version.sent_at),
        signatures=signatures,
        facts=await facts(version) if all_signed else None,
    )


async def version_of(proposal: Proposal, number: int) -> ProposalVersion:
    """Raises `NotFound`."""
    row = await connection().fetchrow(VERSION, proposal.team_id, proposal.id, number)
    if row is None:
        raise NotFound("There is no such version.")
    return ProposalVersion._from_row(row)


async def asked(proposal: Proposal, number: int | None, *, by: Actor, language: str, timezone: str) -> Order:
    """The version with that number; without one the draft that is being written, else the last that was sent."""
    if number is None and proposal.status == "draft":
        return await draft(proposal, by=by, language=language, timezone=timezone)
    version = await version_of(proposal, proposal.version_number if number is None else number)
    return await sent(proposal, version, language=language, timezone=timezone)


async def signed(proposal: Proposal) -> tuple[ProposalVersion, Order]:
    """The version that was accepted. Raises `Conflict` (not_signed) before that."""
    if proposal.status != "accepted":
        raise Conflict("Not everybody has signed it.", code="not_signed")
    version = await version_of(proposal, proposal.version_number)
    return version, await sent(proposal, version, language="en", timezone="UTC")


async def facts(version: ProposalVersion) -> list[Row]:
    """What happened to the proposal, as links for the chain."""
    types = [f"proposal.{verb}" for verb in TELLING]
    rows = await connection().fetch(FACTS, version.team_id, version.proposal_id, types)
    return [_fact(row) for row in rows]


def _fact(row: Any) -> Row:
    detail = msgspec.json.decode(row["detail"]) if row["detail"] else {}
    told = {name: detail[name] for name in TOLD if name in detail}
    about = {"id": str(row["id"]), "at": _iso(row["at"]), "type": row["type"], "actor": row["actor"]}
    return about | {"actor_kind": row["kind"], "address": row["address"]} | told


async def _signatures(version: ProposalVersion) -> list[Row]:
    rows = await connection().fetch(SIGNATURES, version.team_id, version.proposal_id, version.number)
    return [
        dict(row)
        | {
            "signed_at": _iso(row["signed_at"]),
            "recipient_id": str(row["recipient_id"]),
            "drawing": base64.b64encode(row["drawing"]).decode() if row["drawing"] else None,
        }
        for row in rows
    ]


async def logo_of(sender: Row, team_id: UUID) -> str | None:
    """The logo that was frozen with the document; today's for those that were sent before logos were."""
    return sender["logo"] if "logo" in sender else await logo_today(team_id)


async def logo_today(team_id: UUID) -> str | None:
    row = await connection().fetchrow("SELECT logo ->> 'sha256' AS digest FROM team WHERE id = $1", team_id)
    return row["digest"] if row else None


def _iso(value: Any) -> str | None:
    return value.isoformat().replace("+00:00", "Z") if value is not None else None


def file_name(order: Order) -> str:
    return f"{order.document['number'] or 'draft'}-v{order.document['version_number']}.pdf"


async def reads(by: Actor) -> tuple[str, str]:
    """The language and the time zone of somebody of the team."""
    row = await connection().fetchrow("SELECT language, timezone FROM app_user WHERE id = $1", by.id)
    return (row["language"], row["timezone"]) if row else ("en", "UTC")
