"""Text files: their encoding found out, their lines bounded; and CSV, its separator found out."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import islice
from typing import BinaryIO, Literal, get_args

from charset_normalizer import from_bytes

from server.imports.reading.source import HEAD, Row, Unreadable, fitted, headers, is_wide

PIECE = 1024 * 1024
SAMPLE = 64 * 1024
LONGEST_LINE = 1024 * 1024
MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
# Beside Unicode: what spreadsheets and address books on Windows and the Mac write, by language.
Known = Literal[
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "latin-1",
    "cp1252",
    "cp1250",
    "cp1251",
    "cp1253",
    "cp1254",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
    "mac_roman",
]
LEGACY = list(get_args(Known))[6:]
DELIMITERS = ",;\t|"
LOOKED_AT = 50  # rows, to find the separator


def encoding_of(file: BinaryIO) -> str:
    """The file's encoding: by its mark, else UTF-8 if all of it is, else what its language makes likely."""
    file.seek(0)
    head = file.read(HEAD)
    for mark, name in MARKS.items():
        if head.startswith(mark):
            return name
    if is_wide(head):
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    if _is_all("utf-8", file):
        return "utf-8"
    likely = _likely(file)
    return next((name for name in (likely, "cp1252") if _is_all(name, file)), "latin-1")


def _is_all(encoding: str, file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _likely(file: BinaryIO) -> str:
    """Of the lines that are not ASCII some, and what reads best."""
    file.seek(0)
    sample = b""
    while len(sample) < SAMPLE and (line := file.readline(SAMPLE)):
        sample += b"" if line.isascii() else line
    found = list(from_bytes(sample, cp_isolation=LEGACY))
    for match in found:
        # Short western texts read as well in other Latin alphabets; the most common one is meant.
        as_well = match.chaos <= found[0].chaos + 0.02 and match.coherence >= found[0].coherence - 0.1
        if as_well and "cp1252" in match.could_be_from_charset:
            return "cp1252"
    return found[0].encoding if found else "cp1252"


def lines(file: BinaryIO, encoding: str, longest: int = LONGEST_LINE) -> Iterator[str]:
    """The file's lines. Raises `Unreadable` for one that no text has."""
    file.seek(0)
    text = TextIOWrapper(file, encoding=encoding, newline="")
    try:
        while line := text.readline(longest + 1):
            if len(line) > longest:
                raise Unreadable(f"The file has a line of more than {longest:,} characters: it is no table.")
            yield line
    except UnicodeDecodeError as error:
        raise Unreadable(f"The file is not {encoding} throughout.") from error
    finally:
        text.detach()


class Csv:
    """Rows separated by commas, semicolons, tabs or bars."""

    def __init__(self, file: BinaryIO, encoding: str | None = None) -> None:
        self.file = file
        self.encoding: str | None = encoding or encoding_of(file)
        first = list(islice(lines(file, self.encoding), LOOKED_AT))
        self.skipped = 1 if first and first[0].lower().startswith("sep=") else 0
        self.delimiter: str | None = first[0][4:5] if self.skipped else _delimiter(first)
        if self.delimiter not in DELIMITERS:
            raise Unreadable("The file's separator must be a comma, a semicolon, a tab or a bar.")
        head = next((cells for _, cells in self._all() if any(cells)), None)
        if head is None:
            raise Unreadable("The file has no header: its first row must name the columns.")
        self.columns = headers(head)

    def count(self) -> int:
        """How many rows there are."""
        return sum(1 for _ in self.rows())

    def rows(self) -> Iterator[Row]:
        """The rows below the header that have anything in them."""
        filled = ((number, cells) for number, cells in self._all() if any(cells))
        next(filled, None)
        for number, cells in filled:
            yield Row(number, fitted(cells, len(self.columns)), _overflow(cells, len(self.columns)))

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        number = self.skipped
        all_lines = islice(lines(self.file, str(self.encoding)), self.skipped, None)
        try:
            for number, cells in enumerate(csv.reader(all_lines, delimiter=str(self.delimiter)), self.skipped + 1):
                yield number, [cell.strip() for cell in cells]
        except csv.Error as error:
            raise Unreadable(f"After row {number} the file is no CSV: {error}. Is a quote not closed?") from error


def _overflow(cells: list[str], width: int) -> str:
    over = [cell for cell in cells[width:] if cell]
    return f"More cells than columns: {len(over)} too many." if over else ""


def _delimiter(first: list[str]) -> str:
    """The separator by which most rows have as many cells as the header."""

    def fits(delimiter: str) -> tuple[int, int]:
        try:
            rows = [row for row in csv.reader(first, delimiter=delimiter) if any(row)]
        except csv.Error:
            return 0, 0
        width = len(rows[0]) if rows else 0
        alike = sum(len(row) == width for row in rows)
        return (alike * width if width > 1 else 0), width

    return max(DELIMITERS, key=fits)
