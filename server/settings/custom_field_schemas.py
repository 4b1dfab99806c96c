"""What requests carry and REST shows of custom fields."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.settings import CustomField
from server.core.schemas import Currency, In, Line
from server.core.view import Out

# What can have custom fields; each has a `custom` column.
Entity = Literal["company", "consultant", "contact", "contract", "lead", "project", "proposal", "task"]
Type = Literal["text", "number", "money", "date", "select", "multi_select", "url", "boolean"]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
# A comma means "any of" where lists are filtered.
Option = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^,]+$")]


def _unique(options: list[str]) -> list[str]:
    if len(set(options)) < len(options):
        raise PydanticCustomError("not_unique", "Two options are the same.")
    return options


Options = Annotated[list[Option], Field(max_length=100), AfterValidator(_unique)]
Position = Annotated[int, Field(ge=0, le=10_000)]


class CustomFieldIn(In):
    """A field to add. The key is made of the label where it is left out, the position is the last."""

    entity: Entity
    label: Line
    type: Type
    key: Key | None = None
    options: Options = Field(default_factory=list)
    currency: Currency | None = None
    required: bool = False
    position: Position | None = None


class CustomFieldPut(In):
    """The editable fields; `entity`, `key` and `type` may be sent as they are, for records hold values of them."""

    label: Line
    options: Options = Field(default_factory=list)
    required: bool = False
    position: Position | None = None
    entity: Entity | None = None
    key: Key | None = None
    type: Type | None = None
    currency: Currency | None = None


class CustomFieldOut(Out, of=CustomField):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    entity: Entity
    key: str
    label: str
    type: Type
    options: list[str]
    currency: str | None
    required: bool
    position: int
