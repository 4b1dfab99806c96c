"""What requests carry and REST shows of a proposal's items."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from models.money import in_units
from models.proposals import ProposalItem
from server.core.schemas import In, finding
from server.core.view import Out, column

Kind = Literal["fixed", "optional", "choice"]
Recurring = Literal["none", "monthly", "yearly"]
Written = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=60)]
MAX_ITEMS = 1_000


def _decimal(pattern: str, example: str, *, positive: bool = False, most: int | None = None) -> tuple[Any, ...]:
    """A decimal string, which is never a float on its way."""
    written = re.compile(pattern, re.ASCII)

    def read(value: Any) -> Decimal:
        if isinstance(value, Decimal):  # a default
            return value
        if not isinstance(value, str) or not written.match(value.strip()):
            raise PydanticCustomError("not_a_decimal", "Must be a decimal number in a string, such as “12.50”.")
        found = Decimal(value.strip())
        if positive and found <= 0:
            raise PydanticCustomError("not_positive", "Must be more than zero.")
        if most is not None and found > most:
            raise PydanticCustomError("too_large", "Must be at most {most}.", {"most": most})
        return found

    return BeforeValidator(read), WithJsonSchema({"type": "string", "pattern": pattern, "examples": [example]})


Quantity = Annotated[Decimal, *_decimal(r"^[0-9]{1,9}(\.[0-9]{1,6})?$", "2", positive=True)]
# A negative price takes something off: a credit, what was paid already.
UnitPrice = Annotated[Decimal, *_decimal(r"^-?[0-9]{1,12}(\.[0-9]{1,6})?$", "950.00")]
Percent = Annotated[Decimal, *_decimal(r"^[0-9]{1,3}(\.[0-9]{1,6})?$", "19", most=100)]


class ItemIn(In):
    """A line; what is left out gets its default, its position is the last.

    Of the items of one `choice_group` one is selected. Those that are `fixed` always count.
    """

    description: Written
    quantity: Quantity = Decimal(1)
    unit: Word | None = None
    unit_price: UnitPrice
    discount_percent: Percent = Decimal(0)
    tax_rate: Percent = Decimal(0)
    kind: Kind = "fixed"
    choice_group: Word | None = None
    selected: bool | None = None
    recurring: Recurring = "none"
    position: Annotated[int, Field(ge=0, le=MAX_ITEMS)] | None = None

    @model_validator(mode="after")
    def _grouped(self) -> ItemIn:
        if self.kind == "choice" and self.choice_group is None and "kind" in self.model_fields_set:
            raise finding("choice_group", "choice_group_missing", "An item to choose needs its choice_group.")
        return self


class ItemPatch(ItemIn):
    """The fields to change."""

    description: Written = ""
    unit_price: UnitPrice = Decimal(0)


class ReorderIn(In):
    """All items of the proposal, in their new order."""

    item_ids: Annotated[list[UUID], Field(max_length=MAX_ITEMS)]


class AmountsOut(BaseModel):
    """Decimal strings in the proposal's currency: `net + tax = gross`, after the line's `discount`: its share of the
    whole's."""

    net: str
    tax: str
    gross: str
    discount: str


AMOUNTS = column(
    f"jsonb_build_object('net', {in_units('t.net', 't.currency')}, 'tax', {in_units('t.tax', 't.currency')}, "
    f"'gross', {in_units('t.gross', 't.currency')}, 'discount', {in_units('t.discounted', 't.currency')})",
    json=True,
)


class ItemOut(Out, of=ProposalItem):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    proposal_id: UUID
    description: str
    quantity: Decimal
    unit: str | None
    unit_price: Decimal
    discount_percent: Decimal
    tax_rate: Decimal
    kind: Kind
    choice_group: str | None
    selected: bool
    recurring: Recurring
    position: int
    amounts: Annotated[AmountsOut, AMOUNTS]


class ItemsOut(BaseModel):
    """The items, in their order."""

    items: list[ItemOut]
