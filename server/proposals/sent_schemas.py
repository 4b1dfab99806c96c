"""What the team sends with, and sees of what was sent: links, versions, comments, visits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from models.proposals import Proposal, ProposalComment, ProposalVersion, ProposalVisit
from server.core.schemas import Day, In
from server.core.view import Out, column, included, money
from server.proposals.schemas import READS, Key, ProposalOut

Message = Annotated[str, StringConstraints(max_length=5_000)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
Visibility = Literal["team", "client"]
Confidence = Literal["none", "low", "high"]
Number = Annotated[int, Field(ge=1, le=10**6)]


class SendIn(In):
    """What the mail says, and whether recipients prove with a mailed code that they read the address."""

    message: Message | None = None
    require_code: bool = False


class LinkOut(BaseModel):
    """A recipient's link. Its token is told once, and kept as a hash."""

    recipient_id: UUID
    email: str
    url: str
    token: str
    expires_at: datetime


class LinkIn(In):
    """Whether the link is mailed to the recipient again; else it is only answered."""

    mail: bool = False


class SentOut(ProposalOut, of=Proposal):
    """The proposal, with the links that were just made."""

    links: Annotated[list[LinkOut], included("NULL::jsonb")]


class ExtendIn(In):
    """The last day on which it can be signed."""

    expires_on: Day


class VersionOut(Out, of=ProposalVersion):
    """A version that was sent. `digest` is the SHA-256 of its document with what the recipient chose."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    proposal_id: UUID
    number: int
    digest: str
    content_digest: str
    total: Annotated[str, money("total")]
    currency: str
    message: str | None
    sent_at: datetime
    sent_by: UUID


class VersionWhole(VersionOut, of=ProposalVersion):
    """A version with its document."""

    document: Annotated[dict[str, Any], column("'{}'::jsonb", json=True)]


class CompareQuery(In):
    """Two versions: the first, and the draft, or what was sent last, where they are not named."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Number = Field(1, alias="from")
    to: Number | None = None


class PartsCompared(BaseModel):
    """Sections or items, told apart by their key or id."""

    added: list[dict[str, Any]]
    removed: list[dict[str, Any]]
    changed: list[dict[str, Any]]


class CompareOut(BaseModel):
    """What differs between two versions: `{field: [before, after]}` of fields and totals, and parts."""

    model_config = ConfigDict(populate_by_name=True)

    from_: int = Field(alias="from")
    to: int
    fields: dict[str, list[Any]]
    totals: dict[str, list[Any]]
    sections: PartsCompared
    items: PartsCompared


class ProposalCommentIn(In):
    """An answer that the client reads, or with `visibility` team a note that they never see."""

    body: Body
    visibility: Visibility = "team"
    section: Key | None = None


class WriterOut(BaseModel):
    """Who wrote it: somebody of the team, or a recipient."""

    kind: Literal["user", "client"]
    id: UUID
    name: str


WRITER = column(
    "jsonb_build_object('kind', CASE WHEN t.author_id IS NULL THEN 'client' ELSE 'user' END, "
    "'id', coalesce(t.author_id, t.recipient_id), 'name', t.author_name)",
    json=True,
)


class ProposalCommentOut(Out, of=ProposalComment):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    proposal_id: UUID
    author: Annotated[WriterOut, WRITER]
    body: str
    section: str | None
    visibility: Visibility


class SectionRead(BaseModel):
    """How long a section was in sight, and how long of that in the window that had the focus."""

    key: str
    visible_ms: int
    focused_ms: int


class ReaderOut(BaseModel):
    id: UUID
    name: str
    email: str


READ = (
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('key', s.key, 'visible_ms', s.value -> 'visible_ms', 'focused_ms', "
    "s.value -> 'focused_ms') ORDER BY s.value ->> 'first_at', s.key), '[]') FROM jsonb_each(t.sections) s)"
)
READER = (
    "(SELECT jsonb_build_object('id', r.id, 'name', r.name, 'email', r.email) FROM proposal_recipient r "
    "WHERE r.team_id = t.team_id AND r.id = t.recipient_id)"
)


class VisitOut(Out, of=ProposalVisit):
    """One time of reading. `confidence` says how sure it is that a person read: `none` for programs that look into
    mails, `low` until a window had the focus for some seconds, then `high`. `forwarded`: the link was opened on
    another device before."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    recipient: Annotated[ReaderOut, column(READER, json=True)]
    version_number: int
    confidence: Confidence
    forwarded: bool
    reading_now: Annotated[bool, column(READS.replace("v.", "t."))]
    started_at: datetime
    last_at: datetime
    visible_ms: int
    focused_ms: int
    scrolled: int
    downloaded_at: datetime | None
    sections: Annotated[list[SectionRead], column(READ, json=True)]
    user_agent: str
    address: str
