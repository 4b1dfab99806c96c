"""What requests carry and REST shows of proposals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.money import in_units
from models.proposals import Proposal
from server.auth.schemas import Email, Language, TimeZone
from server.core.schemas import Amount, Currency, Day, In, Line, OptionalLine, Text
from server.core.view import Out, column, included, money
from server.projects.schemas import ClientOut
from server.proposals.item_schemas import MAX_ITEMS, ItemIn, ItemOut, Percent, Word
from server.settings.custom_fields import settled, shown

Status = Literal["draft", "sent", "opened", "accepted", "declined", "expired", "withdrawn"]
TaxMode = Literal["exclusive", "inclusive"]
Role = Literal["signer", "viewer"]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Place = Annotated[int, Field(ge=0, le=MAX_ITEMS)]
MAX_SECTIONS = 100
MAX_RECIPIENTS = 20


class SectionIn(In):
    """A part of the text, in Markdown. The key is made, and the position is the place in the list, where left out."""

    key: Key | None = None
    kind: Word = "text"
    title: OptionalLine = ""
    body: Text = ""
    position: Place | None = None


class RecipientIn(In):
    """Whom to send it to. Signers sign in the order of their positions; a viewer reads and asks."""

    name: Line
    email: Email
    role: Role = "signer"
    position: Place | None = None
    language: Language = "en"
    timezone: TimeZone = "UTC"


def _sections(sections: list[SectionIn]) -> list[SectionIn]:
    keys = [s.key for s in sections if s.key is not None]
    if len(set(keys)) < len(keys):
        raise PydanticCustomError("not_unique", "Two sections have the same key.")
    return sections


def _recipients(recipients: list[RecipientIn]) -> list[RecipientIn]:
    emails = [r.email.lower() for r in recipients]
    if len(set(emails)) < len(emails):
        raise PydanticCustomError("not_unique", "Two recipients have the same address.")
    return recipients


Sections = Annotated[list[SectionIn], Field(max_length=MAX_SECTIONS), AfterValidator(_sections)]
Recipients = Annotated[list[RecipientIn], Field(max_length=MAX_RECIPIENTS), AfterValidator(_recipients)]


class ProposalIn(In):
    """A proposal; what is left out gets its default. `discount` is an amount off what is paid once."""

    title: Line
    client_id: UUID | None = None
    lead_id: UUID | None = None
    project_id: UUID | None = None
    currency: Currency | None = None
    sections: Sections = Field(default_factory=list)
    terms: Text | None = None
    tax_mode: TaxMode = "exclusive"
    discount: Amount | None = None
    deposit_percent: Percent | None = None
    expires_on: Day | None = None
    recipients: Recipients = Field(default_factory=list)
    custom: dict[str, Any] = Field(default_factory=dict)


class ProposalPatch(ProposalIn):
    """The fields to change."""

    title: Line = ""


Variable = Annotated[str, StringConstraints(pattern=r"^[a-zA-Z][a-zA-Z0-9_.]{0,59}$")]
Variables = Annotated[dict[Variable, Annotated[str, StringConstraints(max_length=2_000)]], Field(max_length=100)]


class ProposalNew(ProposalIn):
    """A proposal with its items; with `template_id`, what is left out is the template's, its `{{variables}}` filled."""

    title: Line | None = None
    template_id: UUID | None = None
    variables: Variables = Field(default_factory=dict)
    items: Annotated[list[ItemIn], Field(max_length=MAX_ITEMS)] = Field(default_factory=list)


class SectionOut(BaseModel):
    key: str
    kind: str
    title: str
    body: str
    position: int


class MailOut(BaseModel):
    """What has become of the last mail to a recipient. One that is `delayed` is tried again by itself for a day; its
    job can be run again when it has failed (`POST /api/jobs/{job_id}/retry`)."""

    state: Literal["waiting", "delayed", "sent", "failed"]
    error: str | None
    job_id: UUID


class RecipientOut(BaseModel):
    """A recipient, and what they did with the version that they were sent last."""

    id: UUID
    name: str
    email: str
    role: Role
    position: int
    language: str
    timezone: str
    opened_at: datetime | None
    signed_at: datetime | None
    mail: MailOut | None


class RecurringOut(BaseModel):
    monthly: str
    yearly: str


class TotalsOut(BaseModel):
    """Decimal strings in the proposal's currency: `subtotal - discount + tax = total` of what is paid once.

    `subtotal` and `discount` are without tax, also where prices include it; what recurs comes on top of the total.
    """

    subtotal: str
    discount: str
    tax: str
    total: str
    deposit: str
    recurring: RecurringOut


def _units(name: str) -> str:
    return in_units(f"t.{name}", "t.currency")


TOTALS = (
    f"jsonb_build_object('subtotal', {_units('subtotal')}, 'discount', {_units('discounted')}, 'tax', {_units('tax')}, "
    f"'total', {_units('total')}, 'deposit', {_units('deposit')}, 'recurring', "
    f"jsonb_build_object('monthly', {_units('monthly')}, 'yearly', {_units('yearly')}))"
)
MAILED = (
    "CASE WHEN r.mail_job_id IS NOT NULL THEN jsonb_build_object('job_id', r.mail_job_id, 'error', j.last_error, "
    "'state', CASE WHEN j.state IN ('dead', 'cancelled') OR j.id IS NULL AND r.mail_told = 'failed' THEN 'failed' "
    "WHEN j.state IN ('queued', 'running') THEN CASE WHEN j.last_error IS NULL THEN 'waiting' ELSE 'delayed' END "
    "ELSE 'sent' END) END"
)
RECIPIENTS = (
    "(SELECT coalesce(jsonb_agg(e.value || jsonb_build_object('opened_at', mediaflow_time(r.opened_at), 'signed_at', "
    f"mediaflow_time(s.signed_at), 'mail', {MAILED}) ORDER BY e.place), '[]') "
    "FROM jsonb_array_elements(t.recipients) WITH ORDINALITY AS e(value, place) "
    "LEFT JOIN proposal_recipient r ON r.team_id = t.team_id AND r.id = (e.value ->> 'id')::uuid "
    "LEFT JOIN job j ON j.team_id = r.team_id AND j.id = r.mail_job_id "
    "LEFT JOIN proposal_signature s ON s.team_id = r.team_id AND s.recipient_id = r.id "
    "AND s.version_number = t.version_number)"
)
# Whether a visit goes on: the team was told of it, and since then neither that they left nor nothing at all was heard.
READS = "(v.told_at IS NOT NULL AND v.last_at > now() - interval '30 seconds')"
VISITS = "FROM proposal_visit v WHERE v.team_id = t.team_id AND v.proposal_id = t.id"
VISITED = f"EXISTS (SELECT 1 {VISITS})"
SECTION = (
    "(SELECT nullif(s.key, '') FROM jsonb_each(v.sections) s ORDER BY s.value ->> 'last_at' DESC NULLS LAST LIMIT 1)"
)
READER = (
    f"jsonb_build_object('visit_id', v.id, 'recipient_id', v.recipient_id, 'section', {SECTION}, 'name', "
    "(SELECT r.name FROM proposal_recipient r WHERE r.team_id = v.team_id AND r.id = v.recipient_id), "
    "'confidence', v.confidence, 'started_at', mediaflow_time(v.started_at))"
)
READING = (
    f"(SELECT jsonb_build_object('last_at', mediaflow_time(max(v.last_at)), 'readers', "
    f"coalesce(jsonb_agg({READER} ORDER BY v.started_at, v.id) FILTER (WHERE {READS}), '[]')) "
    f"{VISITS} AND v.confidence <> 'none')"
)


class ReaderNow(BaseModel):
    """Who reads at this moment, and which section; `confidence` says how sure it is that it is a person."""

    visit_id: UUID
    recipient_id: UUID
    name: str
    section: str | None
    confidence: Literal["low", "high"]
    started_at: datetime


class ReadingOut(BaseModel):
    """When it was last read, programs left out, and who reads it now."""

    last_at: datetime | None
    readers: list[ReaderNow]


class ProposalOut(Out, of=Proposal):
    # Who was reading a moment ago is not any more, and a mail has left, without a new version.
    settled: ClassVar[str] = f"t.number IS NULL AND NOT {VISITED} AND {settled('proposal')}"

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    title: str
    status: Status
    number: str | None
    client_id: UUID | None
    lead_id: UUID | None
    project_id: UUID | None
    currency: str
    sections: list[SectionOut]
    terms: str | None
    tax_mode: TaxMode
    discount: Annotated[str | None, money("discount")]
    deposit_percent: Decimal | None
    expires_on: date | None
    recipients: Annotated[list[RecipientOut], column(RECIPIENTS, json=True)]
    totals: Annotated[TotalsOut, column(TOTALS, json=True)]
    version_number: int
    require_code: bool
    reading_now: Annotated[bool, column(f"EXISTS (SELECT 1 {VISITS} AND {READS})")]
    sent_at: datetime | None
    opened_at: datetime | None
    accepted_at: datetime | None
    decline_reason: str | None
    converted_at: datetime | None
    custom: Annotated[dict[str, Any], column(shown("proposal"), json=True)]
    created_by: UUID | None
    items: Annotated[list[ItemOut], included("NULL::jsonb")]
    client: Annotated[ClientOut | None, included("NULL::jsonb")]
    reading: Annotated[ReadingOut, included(READING)]
