"""Rows as CSV and XLSX: written to a file as they come, with nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import Any, BinaryIO, Protocol

import xlsxwriter

from server.core.formulas import guarded

OPTIONS: dict[str, Any] = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


class Writer(Protocol):
    """Writes a table's rows into a file; blocks."""

    def rows(self, rows: Iterable[Sequence[Any]]) -> None: ...

    def end(self) -> None: ...


class Csv:
    """UTF-8 with its mark, by which spreadsheets know it, and commas."""

    def __init__(self, file: BinaryIO, folder: str, noun: str) -> None:
        self.text = TextIOWrapper(file, encoding="utf-8-sig", newline="")
        self.csv = csv.writer(self.text)

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        self.csv.writerows([guarded(value) for value in row] for row in rows)

    def end(self) -> None:
        self.text.detach()


class Xlsx:
    """One sheet, each row forgotten when the next one comes."""

    def __init__(self, file: BinaryIO, folder: str, noun: str) -> None:
        self.book = xlsxwriter.Workbook(file, OPTIONS | {"tmpdir": folder})
        self.sheet = self.book.add_worksheet()
        self.sheet.freeze_panes(1, 0)
        self.number = 0

    def rows(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            for place, value in enumerate(row):
                if isinstance(value, str) and value:
                    self.sheet.write_string(self.number, place, guarded(value))
                elif isinstance(value, int | float):
                    self.sheet.write_number(self.number, place, value)
            self.number += 1

    def end(self) -> None:
        self.book.close()
