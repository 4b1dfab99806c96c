"""The demo agency's proposals, made through the services: one is being written, one waits, one was accepted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import today
from models.db import connection
from server.core.unit import unit_of_work
from server.proposals import public, sending, service, signing
from server.proposals.item_schemas import ItemIn
from server.proposals.public_schemas import SignIn
from server.proposals.schemas import ProposalIn
from server.proposals.sent_schemas import SendIn
from server.seed.proposals_content import PROPOSALS, DemoProposal

THERE = "SELECT 1 FROM proposal WHERE title = $1"
COMPANY = "SELECT id FROM company WHERE name = $1"
LEAD = "SELECT id FROM lead WHERE name = $1"
BROWSER = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15"


async def work(people: dict[str, Actor]) -> None:
    """The proposals that are not there yet, each whole or not at all."""
    by_name = {actor.name.split()[0].lower(): actor for actor in people.values()}
    for wanted in PROPOSALS:
        by = by_name[wanted.owner]
        async with unit_of_work(by) as unit:
            if await unit.conn.fetchval(THERE, wanted.title):
                continue
            row = await service.create(await _body(wanted), [ItemIn(**item) for item in wanted.items], by=by)
            links = [] if wanted.state == "draft" else await _send(row["id"], wanted, by)
        # Whoever signs comes by their own link, after it was sent.
        if wanted.state == "accepted":
            await _sign(links[0]["recipient_id"], wanted.signer, by.team_id)


async def _body(wanted: DemoProposal) -> ProposalIn:
    client_id = await connection().fetchval(COMPANY, wanted.company) if wanted.company else None
    given: dict[str, Any] = {
        "recipients": [{"name": wanted.signer, "email": wanted.email, "timezone": "Europe/Berlin"}],
        "sections": [{"kind": kind, "title": title, "body": body} for kind, title, body in wanted.sections],
    }
    return ProposalIn(
        title=wanted.title,
        client_id=client_id,
        lead_id=await connection().fetchval(LEAD, wanted.signer) if client_id is None else None,
        terms=wanted.terms,
        deposit_percent=wanted.deposit_percent,
        expires_on=today() + timedelta(days=wanted.open_for),
        **given,
    )


async def _send(id: UUID, wanted: DemoProposal, by: Actor) -> list[dict[str, Any]]:
    return (await sending.send(id, SendIn(message=wanted.message), by=by))["links"]


async def _sign(recipient_id: UUID, name: str, team_id: UUID) -> None:
    client = Actor(kind="client", id=recipient_id, name=name, team_id=team_id)
    async with unit_of_work(client):
        shown = await public.read(client)
        body = SignIn(name=name, digest=shown["digest"], consent=True)
        await signing.sign(body, by=client, address="198.51.100.23", user_agent=BROWSER)
