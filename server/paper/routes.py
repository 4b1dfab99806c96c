"""The endpoints of paper: PDFs for both sides, the certificate, and the question whether a PDF is genuine."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from models.db import connection
from models.errors import Conflict, NotFound, Unauthorised
from models.proposals import Proposal
from server.core.edge import respond_once
from server.core.jobs import Later
from server.core.multipart import MIB
from server.core.permissions import Can, Public
from server.core.routing import Context, Routes
from server.core.unit import unit_of_work
from server.core.view import Row
from server.paper import certificate_routes, certificates, chain, pages, preview, sources
from server.paper.checking import checked
from server.paper.orders import answered
from server.paper.schemas import CertificateOut, PdfIn, PdfQuery, VerdictOut
from server.proposals import links, reading

__all__ = ["certificate_routes", "pages", "preview"]
MADE = "SELECT made_at, note ->> 'level' AS level, sha256 FROM paper WHERE team_id = $1 AND key = $2"
PDF = {
    "tx": "none",
    "media": "application/pdf",
    "later": True,
    "also": (304,),
}

routes = Routes("/api/proposals", tag="proposals", about=Proposal)


@routes.get("/{id}/pdf", can=Can.PROPOSALS_READ, **PDF)
async def pdf(ctx: Context, id: UUID, query: PdfQuery) -> web.Response | Later:
    """The PDF of the current (or `?version=`) version; sealed, once all have signed."""
    async with unit_of_work(ctx.actor, read_only=True):
        proposal = await Proposal.get_visible(ctx.actor, id=id)
        language, timezone = await sources.reads(ctx.actor)
        order = await sources.asked(proposal, query.version, by=ctx.actor, language=language, timezone=timezone)
    return await answered(ctx, ctx.actor, order, sources.file_name(order))


HELD = {"can": Public, "holder": links.holder, "raises": (Unauthorised, NotFound, Conflict)}


@routes.get("/public/{token}/pdf", **HELD, **PDF)
async def public_pdf(ctx: Context, token: str) -> web.Response | Later:
    """The PDF for the recipient, in their language and time zone."""
    return await _theirs(ctx)


@pages.routes.get("/p/{token}/pdf", hidden=True, **HELD, **PDF)
async def followed_pdf(ctx: Context, token: str) -> web.Response:
    """The same where the page links to: whoever has no script sees a page that waits, not the id of a job."""
    answer = await _theirs(ctx)
    return await pages.waiting(ctx) if isinstance(answer, Later) else answer


async def _theirs(ctx: Context) -> web.Response | Later:
    async with unit_of_work(ctx.actor, read_only=True):
        held = await links.open_link(ctx.actor)
        reader = {n: getattr(held.recipient, n) for n in ("language", "timezone")}
        order = await sources.sent(held.proposal, held.version, **reader)
    answer = await answered(ctx, ctx.actor, order, sources.file_name(order))
    if isinstance(answer, web.Response) and answer.status == 200 and ctx.request.method == "GET":
        agent = ctx.request.headers.get("User-Agent", "")
        async with unit_of_work(ctx.actor, request_id=ctx.request_id, address=ctx.address):
            await reading.downloaded(by=ctx.actor, address=ctx.address, user_agent=agent)
    return answer


@routes.get("/{id}/certificate", can=Can.PROPOSALS_READ, gives=CertificateOut, raises=(Conflict,))
async def certificate(ctx: Context, id: UUID) -> Row:
    """The signing certificate: who, when, from where, document hash, event chain."""
    proposal = await Proposal.get_visible(ctx.actor, id=id)
    version, order = await sources.signed(proposal)
    proof = chain.evidence({}, version.digest, order.facts or [])
    made = await connection().fetchrow(MADE, ctx.actor.team_id, order.key)
    return {
        "proposal_id": proposal.id,
        "number": proposal.number,
        "version_number": version.number,
        "title": order.document["title"],
        "digest": version.digest,
        "signatures": [{n: v for n, v in s.items() if n != "drawing"} for s in order.signatures],
        "events": proof["events"],
        "head": proof["head"],
        "sealed_at": made and made["made_at"],
        "level": made and made["level"],
        "sha256": made and made["sha256"],
    }


@routes.post("/verify", can=Can.PROPOSALS_READ, gives=VerdictOut, max_body=40 * MIB, tx="none")
async def verify(ctx: Context, body: PdfIn) -> web.StreamResponse:
    """Is this signed PDF (multipart `file`) genuine and unchanged?"""
    async with unit_of_work(ctx.actor, read_only=True):
        known = await certificates.known(ctx.actor.team_id)
    found = await checked(body.file.file, known)  # in no transaction: it may take its time

    async def verdict() -> Row:
        return found

    async with unit_of_work(ctx.actor, request_id=ctx.request_id, address=ctx.address) as unit:
        return await respond_once(ctx, unit, verdict)
