"""Which column of a file is which field: suggested by the headers, changed by people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from models.errors import FieldError, Invalid
from server.imports.fields import Field

NOISE = re.compile(r"\b(value|values|primary|main|business|mailing|\d+)\b")


def folded(text: str) -> str:
    """`E-Mail 1 – Value` → `e mail 1 value`: a header by its words alone."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", plain.casefold().replace("ß", "ss")).split())


def suggested(
    columns: Sequence[str], fields: Sequence[Field], chosen: Mapping[str, str | None]
) -> dict[str, str | None]:
    """For each column the name of its field, or None: as it was chosen, else by its header.

    Of two columns that look like one field the first gets it, unless the field takes many; but one that is called just
    as the field is comes before: Outlook's `Job Title` before its `Title`, which is Mr or Ms.
    """
    many = {field.name for field in fields if field.many}
    taken = {name for name in chosen.values() if name} - many
    found = {column: chosen.get(column) or None for column in columns}
    for known in ({folded(field.label): field.name for field in reversed(fields)}, _known(fields)):
        for column in columns:
            if column in chosen or found[column]:
                continue
            header = folded(column)
            name = known.get(header) or known.get(" ".join(NOISE.sub(" ", header).split()))
            found[column] = name if name not in taken else None
            if name is not None and name not in many:
                taken.add(name)
    return found


def _known(fields: Sequence[Field]) -> dict[str, str]:
    """Field names by folded header: labels before names, those before what other programs say."""
    found: dict[str, str] = {}
    for spelling in (lambda f: (f.label,), lambda f: (f.name,), lambda f: f.known_as):
        for field in fields:
            for text in spelling(field):
                found.setdefault(folded(text), field.name)
    return found


def check(mapping: Mapping[str, str | None], fields: Sequence[Field], columns: Sequence[str] | None = None) -> None:
    """Raise `Invalid` for columns that the file has not (where its `columns` are known), unknown fields, and fields
    that several columns would be."""
    names, many = {field.name for field in fields}, {field.name for field in fields if field.many}
    errors, seen = list[FieldError](), set[str]()
    for column, name in mapping.items():
        if columns is not None and column not in columns:
            errors.append(FieldError(f"mapping.{column}", "unknown_column", "The file has no such column."))
        elif name and name not in names:
            errors.append(FieldError(f"mapping.{column}", "unknown_field", f"{name!r} is no field to import."))
        elif name in seen:
            errors.append(FieldError(f"mapping.{column}", "given_twice", f"Another column is {name!r} already."))
        if name and name not in many:
            seen.add(name)
    if errors:
        raise Invalid(*errors)
