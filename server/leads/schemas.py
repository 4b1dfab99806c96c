"""What requests carry and REST shows of leads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, get_args
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from models.leads import Lead
from server.auth.schemas import Email
from server.companies.schemas import CompanyOut
from server.contacts.schemas import Consent, ContactOut, Phone
from server.core.schemas import Amount, Currency, In, Line, Text, Time, finding
from server.core.view import Out, column, included, money
from server.projects.schemas import PERSON, PersonOut, ProjectOut
from server.proposals.schemas import ProposalOut
from server.records.schemas import TAGS, TAGS_SETTLED, TagShown
from server.settings.custom_fields import settled, shown

Status = Literal["new", "contacted", "qualified", "proposal", "negotiation", "won", "lost"]
# What a body may name; more than one transaction takes (`bulk.AT_ONCE`) becomes a job.
MAX_BULK = 20_000
CLOSED = ("won", "lost")
STATUSES: tuple[str, ...] = get_args(Status)
Stage = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Source = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Score = Annotated[int, Field(ge=0, le=100)]


class LeadIn(In):
    """A lead; what is left out gets its default.

    `stage` is where it stands in the pipeline: its status, or a stage of the team's own within that status. Sent alone,
    a stage that is a status moves the lead to it. A lost lead has a `lost_reason`.
    """

    name: Line
    email: Email | None = None
    phone: Phone | None = None
    company: Line | None = None
    position: Line | None = None
    status: Status = "new"
    lost_reason: Line | None = None
    score: Score = 0
    source: Source = "manual"
    value: Amount | None = None
    currency: Currency | None = None
    stage: Stage | None = None
    assigned_to_id: UUID | None = None
    last_contact_at: Time | None = None
    message: Text | None = None
    custom: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _stage_and_status(self) -> LeadIn:
        if self.stage in STATUSES and "status" not in self.model_fields_set:
            self.status = self.stage  # type: ignore[assignment]  # it is one of them
        if self.stage in STATUSES and self.stage != self.status:
            raise finding("stage", "other_status", "The stage is another status than the one sent.")
        return self


class LeadPatch(LeadIn):
    """The fields to change."""

    name: Line = ""


class LeadStatusIn(In):
    """Where to move the lead; `lost` needs a reason."""

    status: Status
    lost_reason: Line | None = None


class AssignIn(In):
    """Whom to give the lead to; null: nobody."""

    assigned_to_id: UUID | None


Ids = Annotated[list[UUID], Field(min_length=1, max_length=MAX_BULK)]


class LeadsBulkIn(In):
    """The same changes for many leads: all or none; for more than 1,000 as a job that names those it left out."""

    ids: Ids
    changes: LeadPatch


class LeadsAssignIn(AssignIn):
    """Whom to give the leads to; null: nobody."""

    ids: Ids


class LeadsDeleteIn(In):
    """The leads to remove."""

    ids: Ids


class Converted(BaseModel):
    """What became of the lead; null where it is gone since, or was not asked for."""

    at: datetime
    contact_id: UUID | None
    company_id: UUID | None
    project_id: UUID | None


CONVERTED = (
    "CASE WHEN t.converted_at IS NOT NULL THEN jsonb_build_object('at', mediaflow_time(t.converted_at), "
    "'contact_id', t.contact_id, 'company_id', t.company_id, 'project_id', t.project_id) END"
)


class CameBy(BaseModel):
    """The form that the lead came by, with the name that it had; it may be gone since."""

    id: UUID
    name: str


CONSENT = """('{"email": false, "sms": false}'::jsonb || t.consent)"""


class LeadOut(Out, of=Lead):
    # What a lead became may be gone since.
    settled: ClassVar[str] = f"t.converted_at IS NULL AND {TAGS_SETTLED} AND {settled('lead')}"

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    email: str | None
    phone: str | None
    company: str | None
    position: str | None
    status: Status
    lost_reason: str | None
    score: int
    source: str
    value: Annotated[str | None, money("value")]
    currency: str
    stage: str
    assigned_to_id: UUID | None
    last_contact_at: datetime | None
    closed_at: datetime | None
    message: str | None
    consent: Annotated[Consent, column(CONSENT, json=True)]
    form: CameBy | None
    tags: Annotated[list[TagShown], TAGS]
    custom: Annotated[dict[str, Any], column(shown("lead"), json=True)]
    converted: Annotated[Converted | None, column(CONVERTED, json=True)]
    created_by: UUID | None
    assigned_to: Annotated[
        PersonOut | None, included(f"(SELECT {PERSON} FROM app_user u WHERE u.id = t.assigned_to_id)")
    ]


class LeadsBulkOut(BaseModel):
    """The leads as they are now, in the order asked for."""

    items: list[LeadOut]


class LeadsDeletedOut(BaseModel):
    deleted: int


class NewProject(In):
    name: Line


class NewProposal(In):
    title: Line | None = None


class ConvertIn(In):
    """What to make of the lead beside a contact: its company, a project, the draft of a proposal to it."""

    company: bool = False
    project: NewProject | None = None
    proposal: bool | NewProposal | None = None


class ConvertedOut(BaseModel):
    """The lead, and what it became."""

    lead: LeadOut
    contact: ContactOut
    company: CompanyOut | None
    project: ProjectOut | None
    proposal: ProposalOut | None


class PipelineQuery(In):
    """`limit` leads are shown of each stage, those that changed last; counts and values are of all.

    `q` searches as lists do.
    """

    assigned_to_id: UUID | None = None
    source: Source | None = None
    q: str = Field("", max_length=200)
    limit: int = Field(50, ge=0, le=200)


class StageValue(BaseModel):
    """What the leads of a stage are worth in one currency."""

    currency: str
    value: str


class StageOut(BaseModel):
    """A column of the pipeline; `value` is in the team's currency, `values` has every currency that occurs."""

    stage: str
    status: Status
    count: int
    value: str
    currency: str
    values: list[StageValue]
    leads: list[LeadOut]


class PipelineOut(BaseModel):
    """The pipeline as of `seq` of the room that its changes are heard in, from which a `join` goes on."""

    stages: list[StageOut]
    count: int
    room: str
    epoch: str
    seq: int
