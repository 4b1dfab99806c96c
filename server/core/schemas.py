"""The base of what requests carry, and the types that many of them share."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints

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


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
OptionalLine = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=50_000)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
Time = Annotated[AwareDatetime, AfterValidator(_utc)]
