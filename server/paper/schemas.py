"""What REST shows of paper and of what proves it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.core.multipart import File, Form
from server.core.schemas import In


class PdfQuery(In):
    """`version` names one that was sent."""

    model_config = ConfigDict(extra="forbid")

    version: Annotated[int, Field(ge=1, le=10**6)] | None = None


class PdfIn(Form):
    """The PDF."""

    file: File


class SealOut(BaseModel):
    """A signature of the PDF. `level` B-T has its time from an authority, that of B-B is the signer's own."""

    signer: str
    fingerprint: str
    known: bool
    intact: bool
    valid: bool
    covers_all: bool
    level: Literal["B-B", "B-T"]
    at: datetime | None
    clock: str


class ChainOut(BaseModel):
    """Whether the events in the file hold, and the number of the first that does not."""

    ok: bool
    broken_at: int | None


class VerdictOut(BaseModel):
    """`genuine`: sealed by this team, whole, and unchanged; else `reason` and `detail` say why not."""

    genuine: bool
    reason: Literal["genuine", "not_a_pdf", "unreadable", "encrypted", "unsigned", "changed", "foreign", "chain_broken"]
    detail: str
    signatures: list[SealOut]
    chain: ChainOut


class SignatureOut(BaseModel):
    """Who signed, when, from where, and how it was verified that it was they."""

    recipient_id: UUID
    name: str
    email: str
    signed_at: datetime
    timezone: str
    address: str
    user_agent: str
    verified_by: Literal["link", "code"]
    consent: str
    digest: str


class CertificateOut(BaseModel):
    """The proof of an accepted version: its signatures, and the events with their hashes, from the document's digest
    on. `sealed_at` and `level` are the sealed PDF's, once it is made."""

    proposal_id: UUID
    number: str
    version_number: int
    title: str
    digest: str
    signatures: list[SignatureOut]
    events: list[dict[str, Any]]
    head: str
    sealed_at: datetime | None
    level: Literal["B-B", "B-T"] | None
    sha256: str | None


class SealerOut(BaseModel):
    """The certificate that seals the team's documents; names as in RFC 4514, the fingerprint is its SHA-256."""

    fingerprint: str
    subject: str
    issuer: str
    valid_from: datetime
    valid_until: datetime
