"""What requests carry and REST shows of views."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from models.views import SavedView
from server.core.schemas import In, Line
from server.core.view import Out, column

ViewKind = Literal["company", "consultant", "contact", "contract", "lead", "project", "task"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Value = Annotated[str, StringConstraints(max_length=2_000)]
Sort = Annotated[str, StringConstraints(min_length=1, max_length=500)]


def _distinct(columns: list[str]) -> list[str]:
    if len(set(columns)) < len(columns):
        raise PydanticCustomError("given_twice", "A column is there twice.")
    return columns


class ViewIn(In):
    """A view to save.

    `filter` has the parameters of the kind's list as its address has them (`{"status[ne]": "lost", "q": "film"}`),
    `sort` is the list's own, `columns` are fields of the record, the team's own as `custom.<key>`.
    """

    kind: ViewKind
    name: Line
    shared: bool = False
    filter: Annotated[dict[Name, Value], Field(max_length=50)] = Field(default_factory=dict)
    sort: Sort | None = None
    columns: Annotated[list[Name], Field(max_length=100), AfterValidator(_distinct)] = Field(default_factory=list)


class ViewPatch(In):
    """The fields to change; a view stays of its kind."""

    name: Line = ""
    shared: bool = False
    filter: Annotated[dict[Name, Value], Field(max_length=50)] = Field(default_factory=dict)
    sort: Sort | None = None
    columns: Annotated[list[Name], Field(max_length=100), AfterValidator(_distinct)] = Field(default_factory=list)


# The list refuses a field that was deleted; the view says so itself.
MISSING = """
(SELECT coalesce(jsonb_agg('custom.' || k ORDER BY k), '[]') FROM unnest(t.custom_keys) k WHERE NOT EXISTS (
    SELECT 1 FROM custom_field f
    WHERE f.team_id = t.team_id AND f.entity = t.kind AND f.key = k AND f.deleted_at IS NULL))
"""


class ViewOut(Out, of=SavedView):
    """A saved view; `missing` are the own fields that it names and that were deleted since."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    kind: ViewKind
    name: str
    shared: bool
    owner_id: UUID
    filter: Annotated[dict[str, str], column("t.filters", json=True)]
    sort: str | None
    columns: list[str]
    missing: Annotated[list[str], column(MISSING, json=True)]
