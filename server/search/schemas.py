"""What a search asks and answers."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from server.core.schemas import In
from server.search.kinds import KINDS

MAX_QUERY = 200


def _kinds(text: str) -> str:
    if unknown := [kind for kind in _parts(text) if kind not in KINDS]:
        raise PydanticCustomError("not_allowed", f"{unknown[0]!r:.60} is not one of: {', '.join(KINDS)}.")  # type: ignore[arg-type]  # wants a literal
    return text


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class SearchQuery(In):
    """Each word of `q` is the beginning of a word of what is found, case and accents aside, or of one of its tags.

    Where nothing is, records whose names look alike are answered. `kinds` names the kinds wanted, with commas between.
    """

    q: str = Field("", examples=["film"])
    kinds: Annotated[str, AfterValidator(_kinds)] = Field("", examples=["contact,company"])
    limit: int = Field(20, ge=1, le=50)

    @property
    def wanted(self) -> list[str]:
        return _parts(self.kinds) or list(KINDS)


class FoundSubject(BaseModel):
    kind: str
    id: UUID


class FoundOut(BaseModel):
    """A record that was found.

    `snippet` is HTML: text, with `<mark>` around each hit. `score` is at most 1; 0.5 and less says that only the name
    looks alike. A note or comment is titled by the record that it hangs on, its `subject`.
    """

    kind: str
    id: UUID
    title: str
    snippet: str
    score: float
    subject: FoundSubject | None


class SearchOut(BaseModel):
    items: list[FoundOut]
