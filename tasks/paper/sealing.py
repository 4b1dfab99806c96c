"""Sealing a PDF: a PAdES signature over all of it, with the evidence inside and a trusted time where one answers."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
from asn1crypto import keys, x509
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.timestamps.api import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from server.paper.certificates import Material
from server.paper.chain import NAME

Level = Literal["B-B", "B-T"]
FIELD = "Seal"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The PDF, and how far its time can be trusted: B-T has the word of an authority, B-B only the server's."""

    pdf: bytes
    level: Level


async def sealed(
    pdf: bytes, evidence: Mapping[str, Any], material: Material, *, name: str, authority: TimeStamper | None
) -> Sealed:
    """The PDF with the evidence inside, closed by the team's signature; nothing may be changed in it afterwards.

    When the time-stamp authority does not answer, the level is B-B: the server's own time is never passed off as
    trusted.
    """
    if authority is not None:
        try:
            return Sealed(await _signed(pdf, evidence, material, name, authority), "B-T")
        except (OSError, TimeoutError, aiohttp.ClientError, SigningError, ValueError) as error:
            log.warning("the time-stamp authority did not answer, the seal is B-B: %r", error)
    return Sealed(await _signed(pdf, evidence, material, name, None), "B-B")


async def _signed(
    pdf: bytes, evidence: Mapping[str, Any], material: Material, name: str, authority: TimeStamper | None
) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    text = json.dumps(evidence, ensure_ascii=False, sort_keys=True, indent=1).encode()
    file = EmbeddedFileObject.from_file_data(writer, text, mime_type="application/json")
    relation = pdf_name("/Data")
    spec = FileSpec(NAME, file_name=NAME, embedded_data=file, description="Evidence", af_relationship=relation)
    embed_file(writer, spec)
    wanted = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm="sha256",
        subfilter=SigSeedSubFilter.PADES,
        name=name,
        reason="Seals the document and what happened to it",
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
        signer_key_usage=set(),  # a certificate that a team brings says what it says
    )
    made = await PdfSigner(wanted, _signer(material), timestamper=authority).async_sign_pdf(writer)
    return made.getvalue()


def _signer(material: Material) -> SimpleSigner:
    known = SimpleCertificateStore()
    certificate, *above = (
        x509.Certificate.load(c.public_bytes(Encoding.DER)) for c in (material.certificate, *material.above)
    )
    known.register_multiple(above)
    return SimpleSigner(certificate, keys.PrivateKeyInfo.load(material.key), known)
