"""What requests carry and REST shows of contracts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from models.contracts import Contract
from server.companies.schemas import CompanyOut
from server.contacts.schemas import ContactOut
from server.core.schemas import Amount, Currency, Day, In, Line
from server.core.view import Out, column, included, money
from server.records.schemas import TAGS, TAGS_SETTLED, TagShown
from server.settings.custom_fields import settled, shown

Status = Literal["draft", "active", "expired", "terminated"]


class ContractIn(In):
    """A contract with a company, a contact, or both; what is left out gets its default.

    `notice_days` is how long before its end people are reminded of it.
    """

    title: Line
    company_id: UUID | None = None
    contact_id: UUID | None = None
    status: Status = "draft"
    value: Amount | None = None
    currency: Currency | None = None
    start_on: Day | None = None
    end_on: Day | None = None
    notice_days: Annotated[int, Field(ge=0, le=3650)] | None = None
    custom: dict[str, Any] = Field(default_factory=dict)


class ContractPatch(ContractIn):
    """The fields to change."""

    title: Line = ""


class ContractStatusIn(In):
    """The status to go to."""

    status: Status


class FilesQuery(In):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200)


class ContractFile(BaseModel):
    """A file that was put to a contract."""

    id: UUID
    name: str
    media: str
    size: int
    created_at: datetime


class FilesPage(BaseModel):
    items: list[ContractFile]
    next_cursor: str | None


class ContractOut(Out, of=Contract):
    settled: ClassVar[str] = f"{TAGS_SETTLED} AND {settled('contract')}"

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    title: str
    company_id: UUID | None
    contact_id: UUID | None
    status: Status
    value: Annotated[str | None, money("value")]
    currency: str
    start_on: date | None
    end_on: date | None
    notice_days: int | None
    tags: Annotated[list[TagShown], TAGS]
    custom: Annotated[dict[str, Any], column(shown("contract"), json=True)]
    created_by: UUID | None
    company: Annotated[CompanyOut | None, included("NULL::jsonb")]
    contact: Annotated[ContactOut | None, included("NULL::jsonb")]
