"""Column types that Tortoise lacks."""

from __future__ import annotations

from decimal import Decimal

from tortoise.fields.base import Field


class Exact(Field[Decimal], Decimal):
    """`numeric` without bounds: a decimal with the places that it was written with."""

    SQL_TYPE = "NUMERIC"
    field_type = Decimal


class TextArray(Field[list[str]], list):
    """`text[]`."""

    SQL_TYPE = "TEXT[]"
    field_type = list


class UUIDArray(Field[list], list):
    """`uuid[]`."""

    SQL_TYPE = "UUID[]"
    field_type = list
