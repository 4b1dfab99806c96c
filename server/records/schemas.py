"""What requests carry and REST shows of tags, notes and activities."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from models.records import Activity, Note, Tag
from server.core.filters import Filter
from server.core.schemas import Colour, In, Line, Text, Time
from server.core.view import Out, column

TagName = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^,]+$")]
Markdown = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
ActivityKind = Literal["call", "meeting", "email", "note", "other"]
SubjectKind = Literal["company", "contact"]
MAX_TAGS = 50


class TagIn(In):
    """A tag; its name is unique in the team, whatever the case of its letters."""

    name: TagName
    color: Colour | None = None


class TagOut(Out, of=Tag):
    """`used` counts the records that have it."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    color: str | None
    used: Annotated[
        int, column("(SELECT count(*)::int FROM tagging x WHERE x.team_id = t.team_id AND x.tag_id = t.id)")
    ]


class TagsIn(In):
    """Tags to add: those there are by their ids, others by name; a name that is new makes a tag."""

    tag_ids: Annotated[list[UUID], Field(max_length=MAX_TAGS)] = Field(default_factory=list)
    names: Annotated[list[TagName], Field(max_length=MAX_TAGS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _some(self) -> TagsIn:
        if not self.tag_ids and not self.names:
            raise PydanticCustomError("required", "Name at least one tag.")
        return self


class TagShown(BaseModel):
    """A tag as its records show it."""

    id: UUID
    name: str
    color: str | None


# Of any record with an owner, over `t`.
TAGS = column(
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name, 'color', g.color) "
    "ORDER BY lower(g.name)), '[]') FROM tagging x JOIN tag g ON g.team_id = x.team_id AND g.id = x.tag_id "
    "WHERE x.team_id = t.team_id AND x.subject_id = t.id)",
    json=True,
)
_TAGGED = "EXISTS (SELECT 1 FROM tagging x {0} WHERE x.team_id = t.team_id AND x.subject_id = t.id {1})"
_NO_TAG = f"NOT {_TAGGED.format('', '')}"
TAG_FILTERS = {
    "tag_id": Filter("uuid", holds=_TAGGED.format("", "AND x.tag_id = ANY({0})"), empty=_NO_TAG),
    "tag": Filter(
        "text",
        holds=_TAGGED.format(
            "JOIN tag g ON g.team_id = x.team_id AND g.id = x.tag_id",
            "AND lower(g.name) = ANY(lower(({0})::text)::text[])",
        ),
        empty=_NO_TAG,
    ),
}


class SubjectIn(In):
    """The record that something is about."""

    kind: SubjectKind
    id: UUID


class SubjectShown(BaseModel):
    kind: SubjectKind
    id: UUID


class AuthorShown(BaseModel):
    id: UUID
    name: str
    avatar_url: str | None


SUBJECT = column("jsonb_build_object('kind', t.subject_kind, 'id', t.subject_id)", json=True)
AUTHOR = column(
    "(SELECT jsonb_build_object('id', u.id, 'name', u.name, 'avatar_url', u.avatar_url) FROM app_user u "
    "WHERE u.id = t.author_id)",
    json=True,
)


class NoteIn(In):
    """What to write down, in Markdown."""

    body: Markdown


class NoteOut(Out, of=Note):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    subject: Annotated[SubjectShown, SUBJECT]
    author: Annotated[AuthorShown, AUTHOR]
    body: str


class ActivityIn(In):
    """What was done about a record; without `at` it was just now."""

    kind: ActivityKind
    title: Line
    description: Text | None = None
    at: Time | None = None
    subject: SubjectIn


class LoggedOut(Out, of=Activity):
    """What somebody logged by hand."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    kind: ActivityKind
    title: str
    description: str | None
    at: datetime
    subject: Annotated[SubjectShown, SUBJECT]
    author: Annotated[AuthorShown, AUTHOR]
