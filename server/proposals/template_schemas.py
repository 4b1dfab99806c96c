"""What requests carry and REST shows of templates of proposals."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from models.proposals import ProposalTemplate
from server.core.schemas import Amount, Currency, In, Line, OptionalLine, Text
from server.core.view import Out, column
from server.proposals.item_schemas import MAX_ITEMS, ItemIn, Kind, Percent, Recurring
from server.proposals.schemas import Sections, TaxMode

# A variable: `{{client.name}}`. In SQL the braces of a pattern are classes of one, for they are doubled in no format.
PATTERN = r"\{\{\s*([a-zA-Z][a-zA-Z0-9_.]{0,59})\s*\}\}"
USED = f"ARRAY(SELECT DISTINCT m[1] FROM regexp_matches(t.content::text, '{PATTERN}', 'g') m ORDER BY 1)"


class TemplateIn(In):
    """A template: what a proposal begins with. `{{variables}}` in its texts are filled when one is made of it."""

    name: Line
    title: OptionalLine = ""
    currency: Currency | None = None
    sections: Sections = Field(default_factory=list)
    terms: Text | None = None
    tax_mode: TaxMode = "exclusive"
    discount: Amount | None = None
    deposit_percent: Percent | None = None
    items: Annotated[list[ItemIn], Field(max_length=MAX_ITEMS)] = Field(default_factory=list)


class TemplateNew(TemplateIn):
    """A template, written out or made from a proposal as it stands."""

    from_proposal_id: UUID | None = None


class TemplateSection(BaseModel):
    key: str | None
    kind: str
    title: str
    body: str
    position: int | None


class TemplateItem(BaseModel):
    description: str
    quantity: str
    unit: str | None
    unit_price: str
    discount_percent: str
    tax_rate: str
    kind: Kind
    choice_group: str | None
    selected: bool | None
    recurring: Recurring
    position: int | None


def _text(name: str) -> Any:
    return column(f"t.content ->> '{name}'")


def _json(name: str) -> Any:
    return column(f"coalesce(t.content -> '{name}', '[]')", json=True)


class TemplateOut(Out, of=ProposalTemplate):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    title: Annotated[str, column("coalesce(t.content ->> 'title', '')")]
    currency: Annotated[str | None, _text("currency")]
    sections: Annotated[list[TemplateSection], _json("sections")]
    terms: Annotated[str | None, _text("terms")]
    tax_mode: Annotated[TaxMode, column("coalesce(t.content ->> 'tax_mode', 'exclusive')")]
    discount: Annotated[str | None, _text("discount")]
    deposit_percent: Annotated[str | None, _text("deposit_percent")]
    items: Annotated[list[TemplateItem], _json("items")]
    variables: Annotated[list[str], column(USED)]
    created_by: UUID | None
