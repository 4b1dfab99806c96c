"""Any file that can be imported, as columns and rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Literal, Protocol

from models.errors import UnsupportedMedia, wrong
from server.core.schemas import CONTROL

Format = Literal["csv", "xlsx", "vcf"]
HEAD = 8192
MOST_COLUMNS = 300
# Beginnings of what people take for a table, and is none: PDF, images, old mail stores, markup, JSON.
OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"!BDN", b"{", b"[", b"<")
TEXTUAL = 0.02  # of a text's bytes at most so many are control characters


class Unreadable(Exception):
    """The file cannot be imported at all; the message is for people."""


@dataclass(slots=True)
class Row:
    """A row by its number as people count (a CSV's header is row 1); `problem` where it could not even be read."""

    number: int
    cells: list[str]
    problem: str = ""

    def __bool__(self) -> bool:
        return bool(self.problem) or any(self.cells)


class Source(Protocol):
    """An open file. All of it blocks; `rows` may be asked for again and begins anew."""

    columns: list[str]
    encoding: str | None
    delimiter: str | None

    def count(self) -> int:
        """How many rows there are. Raises `Unreadable`."""
        ...

    def rows(self) -> Iterator[Row]:
        """The rows, as they are read. Raises `Unreadable`."""
        ...


def format_of(file: BinaryIO) -> Format:
    """What the file is, by its first bytes. Raises `UnsupportedMedia`, and `Invalid` for an empty one."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    plain = head.removeprefix(b"\xef\xbb\xbf").replace(b"\x00", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if not plain.strip():
        raise wrong("file", "empty", "The file is empty.")
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "xlsx"
    if plain.lstrip()[:11].upper() == b"BEGIN:VCARD":
        return "vcf"
    control = sum(byte < 32 and byte not in b"\t\r\n" for byte in plain)
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff")) or is_wide(head)
    zeros = 0 if wide else head.count(0)
    if plain.lstrip().startswith(OTHERS) or control + zeros > max(3, len(head) * TEXTUAL):
        raise UnsupportedMedia("Send a CSV file, an Excel workbook or vCards.", code="unknown_format")
    return "csv"


def is_wide(head: bytes) -> bool:
    """Whether every other byte is zero, as in UTF-16 of any European language."""
    half = len(head) // 2
    return half > 1 and max(head[::2].count(0), head[1::2].count(0)) > half * 0.6


def headers(cells: Sequence[str]) -> list[str]:
    """The names of the columns: each is there, and there once. Raises `Unreadable`."""
    if len(cells) > MOST_COLUMNS:
        raise Unreadable(f"The file has {len(cells)} columns; at most {MOST_COLUMNS} can be imported.")
    found: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = " ".join(CONTROL.sub(" ", cell).split())[:200] or f"Column {place}"
        number = 2
        while name in found:
            name = f"{name.removesuffix(f' ({number - 1})')} ({number})"
            number += 1
        found.append(name)
    return found


def fitted(cells: list[str], width: int) -> list[str]:
    """The cells of a row, as many as there are columns."""
    return [*cells, *[""] * (width - len(cells))][:width]
