"""What requests carry and REST shows of consultants."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from models.consultants import Consultant
from server.contacts.schemas import ContactOut, Emails, Phones
from server.core.schemas import Amount, Currency, Day, In, Line, finding
from server.core.view import Out, column, included, money
from server.records.schemas import TAGS, TAGS_SETTLED, TagShown
from server.settings.business_schemas import Address
from server.settings.custom_fields import settled, shown

# A comma means "any of" where lists are filtered.
Skill = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^[^,]+$")]
Skills = Annotated[list[Skill], Field(max_length=100), AfterValidator(lambda skills: list(dict.fromkeys(skills)))]


class ConsultantPatch(In):
    """The fields to change; those of the person are changed on the contact."""

    skills: Skills = Field(default_factory=list)
    day_rate: Amount | None = None
    currency: Currency | None = None
    available_from: Day | None = None
    available_until: Day | None = None
    custom: dict[str, Any] = Field(default_factory=dict)
    name: Line = ""
    emails: Emails = Field(default_factory=list)
    phones: Phones = Field(default_factory=list)
    company_id: UUID | None = None
    title: Line | None = None
    address: Address = Field(default_factory=Address)

    @property
    def person(self) -> set[str]:
        """The fields of the person that were sent."""
        return {name for name in self.model_fields_set & PERSON if name != "name" or self.name}


class ConsultantIn(ConsultantPatch):
    """A consultant: a contact there is (`contact_id`), or a new one by the fields of a person."""

    name: Line | None = None  # type: ignore[assignment]  # null is as good as left out
    contact_id: UUID | None = None

    @model_validator(mode="after")
    def _one_person(self) -> ConsultantIn:
        if self.contact_id is not None and self.person:
            raise finding("contact_id", "both_given", "Give contact_id or the fields of a person, not both.")
        if self.contact_id is None and not self.name:
            raise finding("name", "required", "Give contact_id, or at least the name of a person.")
        return self


PERSON = {"name", "emails", "phones", "company_id", "title", "address"}
NAME = "(SELECT c.name FROM contact c WHERE c.team_id = t.team_id AND c.id = t.contact_id)"
# The name is the contact's; for the minute see `custom_fields.settled`.
SAME_PERSON = (
    "NOT EXISTS (SELECT 1 FROM contact c WHERE c.team_id = t.team_id AND c.id = t.contact_id AND c.version > 1 "
    "AND c.updated_at > t.updated_at - interval '1 minute')"
)


class ConsultantOut(Out, of=Consultant):
    settled: ClassVar[str] = f"{SAME_PERSON} AND {TAGS_SETTLED} AND {settled('consultant')}"

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    contact_id: UUID
    name: Annotated[str, column(NAME)]
    skills: list[str]
    day_rate: Annotated[str | None, money("day_rate")]
    currency: str
    available_from: date | None
    available_until: date | None
    tags: Annotated[list[TagShown], TAGS]
    custom: Annotated[dict[str, Any], column(shown("consultant"), json=True)]
    created_by: UUID | None
    contact: Annotated[ContactOut | None, included("NULL::jsonb")]
