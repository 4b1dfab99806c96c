"""Printing what was ordered: rendered, sealed where it is signed, kept; the order gets its paper as the job ends."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from datetime import date, datetime
from functools import cache
from typing import Any
from uuid import UUID

from models.clock import now
from models.paper import Paper
from server.config import settings
from server.core.storage import storage
from server.core.view import Row
from server.paper import certificates, chain
from server.paper.certificates import Material
from server.paper.engine import RendererUnavailable
from server.paper.orders import ATTEMPTS, KIND, QUEUE, UNAVAILABLE, Order
from server.paper.proposal import printable
from server.paper.reader import Reader
from server.settings.logo import picture
from tasks.context import JobContext
from tasks.outbound.timestamp import time_stamper
from tasks.paper.printer import Printer
from tasks.paper.sealing import Sealed, sealed
from tasks.registry import Args, Permanent, job


class PrintPaper(Args):
    paper_id: UUID


@cache
def printer() -> Printer:
    """The process's one."""
    return Printer.of(settings())


async def close() -> None:
    """End the browser with the process."""
    if printer.cache_info().currsize:
        await printer().close()


@job(KIND, queue=QUEUE, max_attempts=ATTEMPTS, quiet=True)
async def print_paper(ctx: JobContext, args: PrintPaper) -> Row:
    """Make the document that was ordered."""
    assert ctx.actor is not None
    async with ctx.unit(final=False):
        paper = await Paper.get_visible(ctx.actor, id=args.paper_id)
        if paper.object is not None:
            return {"paper_id": str(paper.id)}
        order = Order(**paper.note)
        material = None
        if order.facts is not None:
            material = await certificates.current(ctx.actor, order.document["sender"]["name"])
    logo = await picture(paper.team_id, order.logo) if order.logo else None
    try:
        if material is None:
            pdf, note = await printer().pdf(await _html(order, logo)), {}
        else:
            made = await _sealed(order, logo, material)
            pdf, note = made.pdf, {"level": made.level}
    except RendererUnavailable as error:
        raise Permanent(f"{UNAVAILABLE}{error}") from error
    return await _keep(ctx, paper, pdf, note)


async def _keep(ctx: JobContext, paper: Paper, pdf: bytes, note: Row) -> Row:
    digest = await asyncio.to_thread(lambda: hashlib.sha256(pdf).hexdigest())
    key = f"papers/{digest}.pdf"
    await storage().put(paper.team_id, key, pdf)
    ctx.result = {"paper_id": str(paper.id)}
    async with ctx.unit() as unit:
        assert unit.actor is not None
        held = await Paper.locked(unit.actor, id=paper.id)
        await held.change(object=key, sha256=digest, size=len(pdf), made_at=now(), note=note)
    return ctx.result


async def _sealed(order: Order, logo: bytes | None, material: Material) -> Sealed:
    """Printed with the certificate page that tells how it is sealed; anew, if it could not be sealed so."""
    url = settings().timestamp_url
    authority = time_stamper(url) if url else None
    evidence = chain.evidence(_about(order), order.digest, order.facts or [])
    name = order.document["sender"]["name"]

    async def at(level: str, authority: Any) -> Sealed:
        told = {
            "level": level,
            "digest": order.digest,
            "fingerprint": certificates.fingerprint(material.certificate),
            "events": evidence["events"],
        }
        pdf = await printer().pdf(await _html(order, logo, told))
        return await sealed(pdf, evidence, material, name=name, authority=authority)

    made = await at("B-T" if authority else "B-B", authority)
    return made if authority is None or made.level == "B-T" else await at("B-B", None)


def _about(order: Order) -> Row:
    signatures = [{n: v for n, v in s.items() if n != "drawing"} for s in order.signatures]
    told = {n: order.document[n] for n in ("proposal_id", "number", "version_number", "title")}
    return told | {"signatures": signatures}


async def _html(order: Order, logo: bytes | None, certificate: Row | None = None) -> str:
    reader = Reader(order.language, order.timezone)
    signatures = [
        s
        | {
            "drawing": base64.b64decode(s["drawing"]) if s.get("drawing") else None,
            "local_at": Reader(order.language, s["timezone"]).moment(s["signed_at"]),
        }
        for s in order.signatures
    ]
    return await asyncio.to_thread(
        printable,
        order.document,
        reader,
        logo=logo,
        expires=date.fromisoformat(order.expires) if order.expires else None,
        sent=datetime.fromisoformat(order.sent) if order.sent else None,
        signatures=signatures,
        certificate=certificate,
    )
