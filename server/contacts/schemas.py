"""What requests carry and REST shows of contacts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.contacts import Contact
from server.auth.schemas import Email
from server.companies.schemas import OWNER, CompanyOut
from server.core.schemas import In, Line, OptionalLine
from server.core.view import Out, column, included
from server.projects.schemas import PersonOut
from server.records.schemas import TAGS, TAGS_SETTLED, TagShown
from server.settings.business_schemas import Address
from server.settings.custom_fields import settled, shown

ContactKind = Literal["client", "vendor", "freelancer", "consultant"]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=40), Field(examples=["+493090182000"])]
MAX_ENTRIES = 20


class EmailEntry(In):
    email: Email
    label: OptionalLine = ""
    primary: bool = False


class PhoneEntry(In):
    """A number in E.164; one sent without `+` is read as of the address's country, else of the team's."""

    phone: Phone
    label: OptionalLine = ""
    primary: bool = False


Entry = TypeVar("Entry", EmailEntry, PhoneEntry)


def _one_primary(entries: list[Entry]) -> list[Entry]:
    """One of them is primary: the first unless another says so."""
    primary = [e for e in entries if e.primary]
    if len(primary) > 1:
        raise PydanticCustomError("two_primaries", "Only one can be primary.")
    if entries and not primary:
        entries[0].primary = True
    return entries


def _distinct(entries: list[EmailEntry]) -> list[EmailEntry]:
    if len({e.email for e in entries}) < len(entries):
        raise PydanticCustomError("given_twice", "An address is there twice.")
    return entries


Emails = Annotated[
    list[EmailEntry], Field(max_length=MAX_ENTRIES), AfterValidator(_one_primary), AfterValidator(_distinct)
]
Phones = Annotated[list[PhoneEntry], Field(max_length=MAX_ENTRIES), AfterValidator(_one_primary)]


class Consent(In):
    """What the person has agreed to be sent."""

    email: bool = False
    sms: bool = False


class ContactIn(In):
    """A contact; what is left out gets its default."""

    kind: ContactKind = "client"
    name: Line
    emails: Emails = Field(default_factory=list)
    phones: Phones = Field(default_factory=list)
    company_id: UUID | None = None
    title: Line | None = None
    address: Address = Field(default_factory=Address)
    owner_id: UUID | None = None
    consent: Consent = Field(default_factory=Consent)
    external_id: Line | None = None
    custom: dict[str, Any] = Field(default_factory=dict)


class ContactPatch(ContactIn):
    """The fields to change; of `address` and `consent` those that are sent."""

    name: Line = ""


class ContactOut(Out, of=Contact):
    settled: ClassVar[str] = f"{TAGS_SETTLED} AND {settled('contact')}"

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    kind: ContactKind
    name: str
    emails: list[EmailEntry]
    phones: list[PhoneEntry]
    company_id: UUID | None
    title: str | None
    address: Address
    owner_id: UUID | None
    tags: Annotated[list[TagShown], TAGS]
    consent: Consent
    external_id: str | None
    custom: Annotated[dict[str, Any], column(shown("contact"), json=True)]
    created_by: UUID | None
    owner: Annotated[PersonOut | None, included(OWNER)]
    company: Annotated[CompanyOut | None, included("NULL::jsonb")]
