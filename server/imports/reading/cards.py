"""vCards (2.1, 3.0 and 4.0), many in a file: each read alone, so that a broken one spoils no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import vobject

from server.imports.reading.source import Row
from server.imports.reading.text import encoding_of, lines

LONGEST_LINE = 16 * 1024 * 1024  # a photo may be a single line
LONGEST_CARD = 32 * 1024 * 1024
# By the labels of the catalogue's fields, so that each is known to be what it is.
COLUMNS = [
    *("External ID", "Name", "First name", "Last name", "Email", "Phone", "Company", "Job title"),
    *("Street", "Address line 2", "City", "Region", "Postal code", "Country", "Domain", "Tags"),
]
# What is large and not imported is not even read.
HEAVY = ("PHOTO", "LOGO", "SOUND", "KEY")


class Cards:
    """The cards of a file, each a row."""

    columns = COLUMNS
    delimiter: str | None = None

    def __init__(self, file: BinaryIO, encoding: str | None = None) -> None:
        self.file = file
        self.encoding: str | None = encoding or encoding_of(file)

    def count(self) -> int:
        """How many cards there are."""
        return sum(1 for _ in self._texts())

    def rows(self) -> Iterator[Row]:
        """The cards, numbered from 1."""
        for number, text in enumerate(self._texts(), 1):
            try:
                yield Row(number, _cells(vobject.readOne(text, allowQP=True)))
            except Exception as error:  # the library raises whatever a broken card makes it raise
                yield Row(
                    number, [""] * len(COLUMNS), f"The card cannot be read: {str(error)[:200] or 'it is broken'}."
                )

    def _texts(self) -> Iterator[str]:
        card, size, heavy = list[str](), 0, False
        for line in lines(self.file, str(self.encoding), LONGEST_LINE):
            word = line.strip().upper()
            if word == "BEGIN:VCARD":
                if card:
                    yield "".join(card)  # the one before has no end
                card, size = [], 0
            elif not card:
                continue
            heavy = line.startswith((" ", "\t")) if heavy else word.rpartition(".")[2].startswith(HEAVY)
            size += len(line)
            if not heavy and size <= LONGEST_CARD:
                card.append(line)
            if word == "END:VCARD":
                yield "".join(card)
                card = []
        if card:
            yield "".join(card)


def _cells(card: Any) -> list[str]:
    found = {name: [line.value for line in lines] for name, lines in card.contents.items()}
    name, address = next(iter(found.get("n", [])), None), next(iter(found.get("adr", [])), None)
    organisation = next(iter(found.get("org", [])), "")
    cells = {
        "External ID": _one(found, "uid"),
        "Name": _one(found, "fn"),
        "First name": _text(getattr(name, "given", "")),
        "Last name": _text(getattr(name, "family", "")),
        "Email": "; ".join(_text(value).removeprefix("mailto:") for value in _preferred_first(card, "email")),
        "Phone": "; ".join(_text(value).removeprefix("tel:") for value in _preferred_first(card, "tel")),
        "Company": _text(organisation[0] if isinstance(organisation, list) and organisation else organisation),
        "Job title": _one(found, "title"),
        "Domain": _one(found, "url"),
        "Tags": ", ".join(_text(tag) for tags in found.get("categories", []) for tag in tags),
    }
    if address is not None:
        parts = (address.street, address.extended, address.city, address.region, address.code, address.country)
        labels = ("Street", "Address line 2", "City", "Region", "Postal code", "Country")
        cells |= dict(zip(labels, map(_text, parts), strict=True))
    return [cells.get(column, "") for column in COLUMNS]


def _preferred_first(card: Any, name: str) -> list[Any]:
    def rank(line: Any) -> bool:
        types = {t.casefold() for t in [*line.params.get("TYPE", []), *map(str, line.singletonparams)]}
        return "pref" not in types and "PREF" not in line.params

    return [line.value for line in sorted(card.contents.get(name, []), key=rank)]


def _one(found: dict[str, list[Any]], name: str) -> str:
    return _text(next(iter(found.get(name, [])), ""))


def _text(value: Any) -> str:
    return ", ".join(map(str, value)).strip() if isinstance(value, list) else str(value or "").strip()
