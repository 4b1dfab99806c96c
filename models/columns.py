"""Column types that Tortoise lacks."""

from __future__ import annotations

from tortoise.fields.base import Field


class TextArray(Field[list[str]], list):
    """`text[]`."""

    SQL_TYPE = "TEXT[]"
    field_type = list


class UUIDArray(Field[list], list):
    """`uuid[]`."""

    SQL_TYPE = "UUID[]"
    field_type = list
