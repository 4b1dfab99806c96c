"""What requests carry and REST shows of tags, notes and activities."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints, model_validator

from models.records import Activity, Note, Tag
from server.core.filters import Filter
from server.core.schemas import Colour, In, Line, Text, Time, finding
from server.core.view import Out, column

TagName = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=r"^[^,]+$")]
Markdown = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]
ActivityKind = Literal["call", "meeting", "email", "note", "other"]
SubjectKind = Literal["company", "consultant", "contact", "contract", "lead", "proposal"]
MAX_TAGS = 50


class TagIn(In):
    """A tag; its name is unique in the team, whatever the case of its letters."""

    name: TagName
    color: Colour | None = None


class TagOut(Out, of=Tag):
    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    name: str
    color: str | None


class TagsIn(In):
    """Tags to add: those there are by their ids, others by name; a name that is new makes a tag."""

    tag_ids: Annotated[list[UUID], Field(max_length=MAX_TAGS)] = Field(default_factory=list)
    names: Annotated[list[TagName], Field(max_length=MAX_TAGS)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _some(self) -> TagsIn:
        if not self.tag_ids and not self.names:
            raise finding("tag_ids", "required", "Name at least one tag.")
        return self


class TagShown(BaseModel):
    """A tag as its records show it."""

    id: UUID
    name: str
    color: str | None


# Of any record with an owner, over `t`.
_TAG = "tagging x JOIN tag g ON g.team_id = x.team_id AND g.id = x.tag_id"
_ITS = "x.team_id = t.team_id AND x.subject_id = t.id"
TAGS = column(
    "(SELECT coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'name', g.name, 'color', g.color) "
    f"ORDER BY lower(g.name)), '[]') FROM {_TAG} WHERE {_ITS} AND g.deleted_at IS NULL)",
    json=True,
)
TAG_NAMES = f"(SELECT string_agg(g.name, ' · ') FROM {_TAG} WHERE {_ITS} AND g.deleted_at IS NULL)"
_TAGGED = f"EXISTS (SELECT 1 FROM {_TAG} WHERE {_ITS} AND g.deleted_at IS NULL"
TAG_FILTERS = {
    "tag_id": Filter("uuid", holds=f"{_TAGGED} AND g.id = ANY({{0}}))", empty=f"NOT {_TAGGED})"),
    "tag": Filter(
        "text", holds=f"{_TAGGED} AND lower(g.name) = ANY(lower(({{0}})::text)::text[]))", empty=f"NOT {_TAGGED})"
    ),
}
# Whether the record shows its tags, or its author, as when it got its version (see `Out.settled`, and for the minute
# `custom_fields.settled`).
_SINCE = "updated_at > t.updated_at - interval '1 minute'"
TAGS_SETTLED = f"NOT EXISTS (SELECT 1 FROM {_TAG} WHERE {_ITS} AND g.{_SINCE} AND g.version > 1)"
AUTHOR_SETTLED = f"NOT EXISTS (SELECT 1 FROM app_user u WHERE u.id = t.author_id AND u.{_SINCE} AND u.version > 1)"


HAS_KEY = (
    "EXISTS (SELECT 1 FROM subject_key k WHERE k.team_id = t.team_id AND k.subject_id = t.id AND k.type = '{0}'{1})"
)


def known_by(type: str) -> Filter:
    """A filter by any of the record's e-mail addresses, or phone numbers."""
    holds = HAS_KEY.format(type, " AND k.value = ANY(lower(({0})::text)::text[])")
    return Filter("text", holds=holds, empty=f"NOT {HAS_KEY.format(type, '')}")


class MergeIn(In):
    """Which record to merge into the one that the path names; it is gone afterwards, and its id leads here."""

    from_id: UUID


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
    settled: ClassVar[str] = AUTHOR_SETTLED

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

    settled: ClassVar[str] = AUTHOR_SETTLED

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
