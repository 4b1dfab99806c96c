"""What requests carry and REST shows of companies."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.contacts import Company
from server.auth.schemas import Email
from server.core.schemas import Currency, In, Line, OptionalLine
from server.core.view import Out, column, included
from server.projects.schemas import PERSON, PersonOut
from server.records.schemas import TAGS, TAGS_SETTLED, TagShown
from server.settings.business_schemas import Address
from server.settings.custom_fields import settled, shown

HOST = re.compile(r"^(?!-)[^\s/:@.]+(\.[^\s/:@.]+)+$")


def _host(value: str) -> str:
    """`https://www.studio-north.example/about` → `studio-north.example`."""
    host = re.sub(r"^[a-z]+://", "", value.lower()).split("/")[0].removeprefix("www.")
    if not HOST.match(host):
        raise PydanticCustomError("not_a_domain", "Must be a domain, such as studio-north.example.")
    return host


Domain = Annotated[
    str, StringConstraints(max_length=253), AfterValidator(_host), Field(examples=["studio-north.example"])
]


class Billing(In):
    """How the company wants its invoices."""

    name: OptionalLine = ""
    tax_id: OptionalLine = ""
    email: Email | None = None
    address: Address = Field(default_factory=Address)
    currency: Currency | None = None


class CompanyIn(In):
    """A company; what is left out gets its default."""

    name: Line
    domain: Domain | None = None
    parent_id: UUID | None = None
    address: Address = Field(default_factory=Address)
    billing: Billing = Field(default_factory=Billing)
    owner_id: UUID | None = None
    external_id: Line | None = None
    custom: dict[str, Any] = Field(default_factory=dict)


class CompanyPatch(CompanyIn):
    """The fields to change; of `address` and `billing` those that are sent."""

    name: Line = ""


OWNER = f"(SELECT {PERSON} FROM app_user u WHERE u.id = t.owner_id)"


class CompanyParent(Out, of=Company):
    """What a company is part of, as `?include=parent` shows it."""

    id: UUID
    version: int
    name: str
    domain: str | None


class CompanyOut(Out, of=Company):
    settled: ClassVar[str] = f"{TAGS_SETTLED} AND {settled('company')}"

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    domain: str | None
    parent_id: UUID | None
    address: Address
    billing: Billing
    owner_id: UUID | None
    tags: Annotated[list[TagShown], TAGS]
    external_id: str | None
    custom: Annotated[dict[str, Any], column(shown("company"), json=True)]
    created_by: UUID | None
    owner: Annotated[PersonOut | None, included(OWNER)]
    parent: Annotated[CompanyParent | None, included("NULL::jsonb")]
