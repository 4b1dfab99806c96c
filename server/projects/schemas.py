"""What requests carry and REST shows of projects, their people and milestones."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.contacts import Company, Contact
from models.projects import DEFAULT_COLUMNS, Milestone, Project, ProjectMember
from server.core.schemas import Amount, Colour, Currency, Day, In, Line, Text
from server.core.view import Out, column, included, money
from server.settings.custom_fields import settled, shown

Status = Literal["planned", "active", "on_hold", "completed", "archived"]
Role = Literal["owner", "admin", "manager", "member"]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
MAX_COLUMNS = 30


class ColumnIn(In):
    """A column of the board. Tasks in a `done` column are complete."""

    key: Key
    name: Line
    done: bool = False


def _board(columns: list[ColumnIn]) -> list[ColumnIn]:
    keys = [c.key for c in columns]
    if len(set(keys)) < len(keys):
        raise PydanticCustomError("not_unique", "Two columns have the same key.")
    if len({c.done for c in columns}) < 2:
        raise PydanticCustomError("unbalanced", "A board needs a column that is done and one that is not.")
    return columns


Columns = Annotated[list[ColumnIn], Field(min_length=2, max_length=MAX_COLUMNS), AfterValidator(_board)]


class ProjectIn(In):
    """A project; what is left out gets its default."""

    name: Line
    status: Status = "active"
    client_id: UUID | None = None
    start_on: Day | None = None
    due_on: Day | None = None
    budget: Amount | None = None
    currency: Currency | None = None
    color: Colour | None = None
    description: Text | None = None
    columns: Columns = Field(default_factory=lambda: [ColumnIn(**c) for c in DEFAULT_COLUMNS])
    custom: dict[str, Any] = Field(default_factory=dict)


class ProjectPatch(ProjectIn):
    """The fields to change."""

    name: Line = ""


class ColumnOut(BaseModel):
    key: str
    name: str
    done: bool


class PersonOut(BaseModel):
    """A person, as others on the team see them."""

    id: UUID
    name: str
    email: str
    avatar_url: str | None


PERSON = "jsonb_build_object('id', u.id, 'name', u.name, 'email', u.email, 'avatar_url', u.avatar_url)"
# Rounded down, so that 100 means all of them.
PROGRESS = (
    "(SELECT coalesce(100 * count(k.completed_at) / nullif(count(*), 0), 0)::int FROM task k "
    "WHERE k.team_id = t.team_id AND k.project_id = t.id)"
)
# Whatever moves the progress is told in the project's room: as long as what gave the project its version is the last
# that was told there, nothing has.
UNMOVED = (
    "EXISTS (SELECT 1 FROM stream s JOIN stream_entry l ON l.room = s.room AND l.seq = s.head "
    "JOIN event e ON e.team_id = l.team_id AND e.id = l.event_id WHERE s.room = 'project:' || t.id "
    "AND e.subject_id = t.id AND e.subject_version = t.version AND e.type IN ('project.created', 'project.updated'))"
)
PEOPLE = (
    f"(SELECT coalesce(jsonb_agg({PERSON} ORDER BY u.name, u.id), '[]') FROM project_member pm JOIN member m "
    "ON m.team_id = pm.team_id AND m.user_id = pm.user_id AND m.left_at IS NULL JOIN app_user u ON u.id = pm.user_id "
    "WHERE pm.team_id = t.team_id AND pm.project_id = t.id)"
)


class ClientOut(Out):
    """Whom the project is for, as `?include=client` shows them; `kind` says whether a contact or a company."""

    id: UUID
    version: int
    kind: Literal["contact", "company"]
    name: str
    email: str | None
    phone: str | None


PRIMARY = "jsonb_path_query_first(t.{0}s, '$[*] ? (@.primary == true)') ->> '{0}'"


class ContactClient(ClientOut, of=Contact):
    kind: Annotated[Literal["contact"], column("'contact'")]
    email: Annotated[str | None, column(PRIMARY.format("email"))]
    phone: Annotated[str | None, column(PRIMARY.format("phone"))]


class CompanyClient(ClientOut, of=Company):
    kind: Annotated[Literal["company"], column("'company'")]
    email: Annotated[str | None, column("t.billing ->> 'email'")]
    phone: Annotated[str | None, column("NULL::text")]


class ProjectOut(Out, of=Project):
    settled: ClassVar[str] = f"{UNMOVED} AND {settled('project')}"

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    status: Status
    client_id: UUID | None
    start_on: date | None
    due_on: date | None
    budget: Annotated[str | None, money("budget")]
    currency: str
    color: str | None
    description: str | None
    columns: list[ColumnOut]
    custom: Annotated[dict[str, Any], column(shown("project"), json=True)]
    progress: Annotated[int, column(PROGRESS), Field(description="Share of the tasks in done columns, 0 to 100")]
    members: Annotated[list[PersonOut], included(PEOPLE)]
    # Whoever sees the project may not see its client: `clients.fill` puts in what they may.
    client: Annotated[ClientOut | None, included("NULL::jsonb")]


class MemberIn(In):
    """Whom to put on the project."""

    user_id: UUID


class ProjectMemberOut(Out, of=ProjectMember):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    project_id: UUID
    user_id: UUID
    user: Annotated[PersonOut, column(f"(SELECT {PERSON} FROM app_user u WHERE u.id = t.user_id)", json=True)]
    role: Annotated[Role, column("(SELECT m.role FROM member m WHERE m.team_id = t.team_id AND m.user_id = t.user_id)")]
    joined_at: Annotated[datetime, column("t.created_at")]


class MilestoneIn(In):
    """A milestone; what is left out gets its default."""

    name: Line
    due_on: Day | None = None
    done: bool = False


class MilestonePatch(MilestoneIn):
    """The fields to change."""

    name: Line = ""


class MilestoneOut(Out, of=Milestone):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    project_id: UUID
    name: str
    due_on: date | None
    done: bool
