"""The team's certificate: brought as a PKCS#12 file, and all that ever sealed for the team as PEM."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Annotated, Any

from aiohttp import web
from pydantic import StringConstraints

from models.actors import Actor
from models.errors import NotFound, wrong
from models.identity import Team
from server.core.edge import respond_once
from server.core.events import record
from server.core.multipart import File, Form
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.unit import unit_of_work
from server.core.view import Row
from server.paper import certificates, pkcs12
from server.paper.certificates import Material
from server.paper.checking import AT_ONCE, outside
from server.paper.events import CertificateReplaced
from server.paper.schemas import SealerOut

LARGEST = 128 * 1024
routes = Routes("/api/settings/signing-certificate", tag="settings")


class CertificateIn(Form):
    """The PKCS#12 file (`.p12`, `.pfx`) with the certificate, its key (RSA or on a curve) and those above it, and its
    passphrase."""

    file: File
    passphrase: Annotated[str, StringConstraints(max_length=200)] = ""


@routes.post("", can=Can.BUSINESS_WRITE, gives=SealerOut, max_body=LARGEST, limit="upload", tx="none")
async def bring(ctx: Context, body: CertificateIn) -> web.StreamResponse:
    """Seal documents with the team's own certificate from now on (multipart `file`, `passphrase`)."""
    body.file.file.seek(0)
    raw = await asyncio.to_thread(body.file.file.read)
    material = await _opened(raw, body.passphrase)  # before the transaction: it may take its time
    async with unit_of_work(ctx.actor, request_id=ctx.request_id, address=ctx.address) as unit:
        return await respond_once(ctx, unit, lambda: _install(material, ctx.actor))


async def _install(material: Material, by: Actor) -> Row:
    await certificates.install(material, own=True, by=by)
    one = material.certificate
    shown = {"fingerprint": certificates.fingerprint(one), "subject": one.subject.rfc4514_string()}
    team = await Team.get_visible(by, id=by.team_id)
    await record(CertificateReplaced(**shown), about=team, by=by)
    return shown | {
        "issuer": one.issuer.rfc4514_string(),
        "valid_from": one.not_valid_before_utc,
        "valid_until": one.not_valid_after_utc,
    }


@routes.get("", can=Can.BUSINESS_READ, media="application/pem-certificate-chain", raises=(NotFound,))
async def fetch(ctx: Context) -> web.Response:
    """All certificates that ever sealed a document of the team, as PEM: for whoever checks documents offline."""
    text = await certificates.known(ctx.actor.team_id)
    if not text:
        raise NotFound("No document was sealed yet.")
    return web.Response(text=text, content_type="application/pem-certificate-chain")


async def _opened(raw: bytes, passphrase: str) -> Material:
    given = json.dumps({"file": base64.b64encode(raw).decode(), "passphrase": passphrase}).encode()
    found: Any
    try:
        async with AT_ONCE:
            found = json.loads(await outside("server.paper.pkcs12", given=given))
    except (ValueError, TimeoutError):  # at a bound of memory or time
        found = {"wrong": pkcs12.TOO_COSTLY}
    if "wrong" in found:
        raise wrong("file", *found["wrong"])
    return certificates.of_chain(found["chain"], base64.b64decode(found["key"]))
