"""The base of what requests carry, and the types that many of them share."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, LiteralString, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

Moment = TypeVar("Moment", date, datetime)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def unprintable(value: Any, path: str = "") -> list[str]:
    """The paths of all strings in `value` with a control character, which neither PostgreSQL nor people can take."""
    if isinstance(value, str):
        return [path] if CONTROL.search(value) else []
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in unprintable(v, f"{path}.{k}".lstrip("."))]
    if isinstance(value, list):
        return [p for i, v in enumerate(value) for p in unprintable(v, f"{path}[{i}]")]
    return []


class In(BaseModel):
    """A request body: unknown fields are refused, every wrong field is named."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    def sent(self) -> dict[str, Any]:
        """The fields that the request carried, as Python values."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def finding(field: str, code: LiteralString, message: LiteralString) -> PydanticCustomError:
    """What a validator of a whole model raises: the answer names this field of it."""
    return PydanticCustomError(code, message, {"field": field})


def in_calendar(value: Moment) -> Moment:
    """The same value. Raises `ValueError` at the ends of the calendar: the driver stores them as infinity, and another
    time zone lies beyond them."""
    if not 1 < value.year < 9999:
        raise ValueError("The year must lie between 2 and 9998.")
    return value


def utc(value: datetime) -> datetime:
    """The same moment in UTC. Raises `ValueError` at the ends of the calendar."""
    return in_calendar(value).astimezone(UTC)


def _written(kind: Any, pattern: str, code: LiteralString, message: LiteralString) -> BeforeValidator:
    """Read text of this kind; refuse text that is not so written, and numbers, which pydantic would take for seconds
    since 1970."""
    written, reader = re.compile(pattern, re.ASCII), TypeAdapter(kind)

    def read(value: Any) -> Any:
        if isinstance(value, (int, float)) or (isinstance(value, str) and not written.match(value)):
            raise PydanticCustomError(code, message)
        try:
            return reader.validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            # Its stub wants literals, and these are pydantic's own words, which it declares as `str`.
            raise PydanticCustomError(first["type"], first["msg"]) from None  # type: ignore[arg-type]  # see above

    return BeforeValidator(read)


Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
OptionalLine = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=50_000)]
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?$")]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Day = Annotated[
    date,
    AfterValidator(in_calendar),
    _written(date, r"\s*\d{4}-\d\d-\d\d\s*$", "not_a_date", "Must be a date (YYYY-MM-DD)."),
]
Time = Annotated[
    AwareDatetime,
    AfterValidator(utc),
    _written(AwareDatetime, r"\s*\d{4}-\d\d-\d\d[Tt ]", "not_a_time", "Must be a time (RFC 3339)."),
]
