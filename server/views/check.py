"""Whether a view fits its list: what the list itself would refuse, and columns that no record has."""

from __future__ import annotations

from collections.abc import Iterable

from multidict import MultiDict

from models.errors import FieldError, Invalid
from server.core.filters import split_key
from server.core.pages import Listing
from server.core.view import Row
from server.views.kinds import LISTS

CUSTOM = "custom."
# Of a request for a page, and not of a view.
PAGING = {"cursor", "include", "limit", "sort", "total"}


async def check(kind: str, values: Row) -> None:
    """Raise `Invalid` naming each filter, sort and column that the kind's list does not have."""
    listing, errors = LISTS[kind], list[FieldError]()
    for key, text in values.get("filter", {}).items():
        errors += await _refused(listing, key, text, f"filter.{key}")
    if values.get("sort") is not None:
        errors += await _refused(listing, "sort", values["sort"], "sort")
    errors += await _unknown(listing, values.get("columns", []))
    if errors:
        raise Invalid(*errors)


async def _refused(listing: Listing, key: str, text: str, field: str) -> list[FieldError]:
    """What the list says to this parameter."""
    if key in PAGING and field != "sort":
        return [FieldError(field, "unknown_parameter", "This is of a page, not of a view.")]
    try:
        await listing.check(listing.parse(MultiDict({key: text})))
    except Invalid as refused:
        return [FieldError(field, error.code, error.message) for error in refused.errors]
    return []


async def _unknown(listing: Listing, columns: list[str]) -> list[FieldError]:
    known = {name for name in listing.out.model_fields if name not in listing.out.includes}
    if listing.more is not None and any(column.startswith(CUSTOM) for column in columns):
        known |= set(await listing.more())
    return [
        FieldError(f"columns[{place}]", "unknown_column", f"{column!r} is no field of a {listing.out.model.noun}.")
        for place, column in enumerate(columns)
        if column not in known
    ]


def custom_keys(filters: Iterable[str], sort: str | None, columns: list[str]) -> list[str]:
    """The keys of the team's own fields that the parts of a view name."""
    names = [split_key(key)[0] for key in filters] + columns
    names += [part.strip().lstrip("-") for part in (sort or "").split(",")]
    return sorted({name.removeprefix(CUSTOM) for name in names if name.startswith(CUSTOM)})
