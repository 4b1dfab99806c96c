"""What a proposal is converted with, and into."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from models.proposals import Invoice
from server.core.schemas import Day, In, Line
from server.core.view import Out, money
from server.projects.schemas import ProjectOut
from server.proposals.schemas import ProposalOut
from server.todos.schemas import TaskOut


class ConvertProposalIn(In):
    """The project's name (the proposal's title), dates and people, and whether an invoice is drafted."""

    name: Line | None = None
    start_on: Day | None = None
    due_on: Day | None = None
    member_ids: Annotated[list[UUID], Field(max_length=100)] = Field(default_factory=list)
    invoice: bool = True


class InvoiceLine(BaseModel):
    """A line, as decimal strings: `net + tax = gross`."""

    description: str
    quantity: str
    unit: str | None
    unit_price: str
    tax_rate: str
    net: str
    tax: str
    gross: str


class InvoiceOut(Out, of=Invoice):
    """The draft of an invoice: the deposit where one was agreed, else the whole."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    status: Literal["draft"]
    kind: Literal["deposit", "full"]
    proposal_id: UUID | None
    project_id: UUID | None
    client_id: UUID | None
    currency: str
    lines: list[InvoiceLine]
    subtotal: Annotated[str, money("subtotal")]
    tax: Annotated[str, money("tax")]
    total: Annotated[str, money("total")]
    created_by: UUID | None


class ConvertedProposalOut(BaseModel):
    """The proposal, and what was made of it."""

    proposal: ProposalOut
    project: ProjectOut
    tasks: list[TaskOut]
    invoice: InvoiceOut | None
