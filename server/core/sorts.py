"""What lists are sorted by: fields of the record, and the team's own, which are known only at run time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.errors import FieldError, Invalid
from server.core import cursors
from server.core.filters import Filter

# Stand-ins that sort a missing value last, so that every sort key is comparable and one index serves it.
LAST: dict[str, tuple[str, str]] = {
    "time": ("'infinity'::timestamptz", "'-infinity'::timestamptz"),
    "date": ("'infinity'::date", "'-infinity'::date"),
    "numeric": ("'Infinity'::numeric", "'-Infinity'::numeric"),
    "int": ("9223372036854775807", "-9223372036854775808"),
    "text": ("chr(1114111)", "''"),
}


@dataclass(frozen=True, slots=True)
class SortKey:
    """What a list may be sorted by: an expression over `t`, its kind, and whether it may be missing (then: last)."""

    sql: str
    kind: str = "text"
    nullable: bool = False

    def expression(self, descending: bool) -> str:
        return f"COALESCE({self.sql}, {LAST[self.kind][descending]})" if self.nullable else self.sql


def with_custom(
    known: Mapping[str, SortKey],
    more: Mapping[str, Filter],
    sort: Iterable[tuple[str, bool]],
    cursor: tuple[str, ...] | None,
) -> Mapping[str, SortKey]:
    """The known keys and those that the sort has beside them, of `more`.

    Raises `Invalid` for a field that there is not, or that has no order, and for a cursor of another kind of value.
    """
    found = dict(known)
    for place, (name, _) in enumerate(sort, 1):
        if name in found:
            continue
        field = more.get(name)
        if field is None or field.holds:
            raise Invalid(FieldError("sort", "unknown_sort", f"{name!r} is no field to sort by."))
        is_bool = field.kind == "bool"
        found[name] = SortKey(f"({field.sql})::int", "int", True) if is_bool else SortKey(field.sql, field.kind, True)
        if cursor is not None and not cursors.fits(cursor[place], found[name].kind):
            raise Invalid(FieldError("cursor", "wrong_value", "This is not a cursor of this list."))
    return found
