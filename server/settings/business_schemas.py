"""What requests carry and REST shows of the team's business: what its documents say of it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.db import to_json
from models.identity import Team
from server.core.schemas import Colour, Currency, In, Line, OptionalLine
from server.core.view import Out, column

PLACEHOLDER = re.compile(r"\{(prefix|year|month|number)\}")


def _pattern(value: str) -> str:
    if "{" in PLACEHOLDER.sub("", value) or "}" in PLACEHOLDER.sub("", value):
        raise PydanticCustomError("unknown_placeholder", "The placeholders are prefix, year, month and number.")
    if PLACEHOLDER.findall(value).count("number") != 1:
        raise PydanticCustomError("number_missing", "The placeholder of the number must be there once.")
    return value


Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Pattern = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(_pattern)]
Prefix = Annotated[str, StringConstraints(max_length=20)]


class Address(In):
    """A postal address; `country` by ISO 3166."""

    line1: OptionalLine = ""
    line2: OptionalLine = ""
    city: OptionalLine = ""
    region: OptionalLine = ""
    postal_code: OptionalLine = ""
    country: Country | None = None


class TaxId(In):
    """A tax number, such as a VAT id, and what it is called there."""

    kind: Line
    value: Line


class Branding(In):
    """The colours of documents and public pages, and the type of documents: one of those that come with us."""

    primary_color: Colour | None = None
    accent_color: Colour | None = None
    font: Literal["sans", "serif"] | None = None


class NumberFormat(In):
    """How a kind of document is numbered: `{prefix}{year}-{number}`, the number with at least so many digits."""

    prefix: Prefix = ""
    pattern: Pattern = "{prefix}{year}-{number}"
    digits: Annotated[int, Field(ge=1, le=10)] = 4
    next_number: Annotated[int, Field(ge=1, le=10**9)] = 1


def _numbered(prefix: str) -> Any:
    return Field(default_factory=lambda: NumberFormat(prefix=prefix))


class Numbering(In):
    """A format per kind of document."""

    proposal: NumberFormat = _numbered("P-")
    contract: NumberFormat = _numbered("C-")
    invoice: NumberFormat = _numbered("INV-")


class BusinessIn(In):
    """The business; what is left out gets its default. The currency is the team's."""

    name: Line
    address: Address = Field(default_factory=Address)
    tax_ids: Annotated[list[TaxId], Field(max_length=20)] = Field(default_factory=list)
    currency: Currency | None = None
    branding: Branding = Field(default_factory=Branding)
    numbering: Numbering = Field(default_factory=Numbering)


DEFAULTS = BusinessIn(name="-").model_dump(mode="json")


def _kept(name: str) -> Any:
    return column(f"coalesce(t.business->'{name}', '{to_json(DEFAULTS[name])}')", json=True)


class LogoOut(BaseModel):
    """The logo as it is kept; `GET /api/settings/business/logo` has its pixels."""

    sha256: str
    width: int
    height: int


class BusinessOut(Out, of=Team):
    """The business of the team, whose id and version these are."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: Annotated[str, column("coalesce(t.business->>'name', t.name)")]
    address: Annotated[Address, _kept("address")]
    tax_ids: Annotated[list[TaxId], _kept("tax_ids")]
    currency: str
    branding: Annotated[Branding, _kept("branding")]
    numbering: Annotated[Numbering, _kept("numbering")]
    logo: LogoOut | None
