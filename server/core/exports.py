"""What an export is asked for: a list's filters, words and sort, and a format instead of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from multidict import MultiDict, MultiMapping

from models.errors import FieldError, Invalid
from server.core.pages import Listing, ListQuery

Format = Literal["csv", "xlsx", "vcf"]
MEDIA: dict[Format, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "vcf": "text/vcard",
}
OF_PAGES = ("limit", "cursor", "total", "include")


@dataclass(slots=True)
class ExportQuery:
    """A parsed request for a whole list."""

    listed: ListQuery
    format: Format

    @classmethod
    def parse(cls, listing: Listing, query: MultiMapping[str]) -> ExportQuery:
        """The request's query. Raises `Invalid` naming every wrong parameter."""
        rest = MultiDict(query)
        format = rest.popall("format", ["csv"])
        errors = [FieldError(n, "unknown_parameter", "An export is the whole list.") for n in OF_PAGES if n in rest]
        if format[-1] not in get_args(Format) or len(format) > 1:
            errors.append(FieldError("format", "wrong_value", f"Must be one of: {', '.join(get_args(Format))}."))
        try:
            listed = listing.parse(rest)
        except Invalid as wrong:
            known = {error.field for error in errors}
            raise Invalid(*errors, *(e for e in wrong.errors if e.field not in known)) from None
        if errors:
            raise Invalid(*errors)
        return cls(listed, format[0])  # type: ignore[arg-type]  # it is one of them
