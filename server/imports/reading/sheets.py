"""Workbooks (XLSX, also XLS and ODS): read in a process of their own, whose memory and time are bounded.

A workbook is unpacked whole to be read: a small file can ask for all the memory there is. What asks for more than a
large table needs ends that process only, and is refused. `python -m server.imports.reading.sheets <in >out`
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from server.core.multipart import unnamed_file
from server.imports.reading.source import Row, Unreadable, fitted, headers

ROOT = Path(__file__).resolve().parents[3]
MEMORY = 1024 * 1024 * 1024
WRITTEN = 512 * 1024 * 1024
SECONDS = 60
SAYS = {
    3: "The workbook is protected by a password.",
    4: "The file is no workbook that can be read.",
    5: "The workbook has no sheet with a table.",
}
TOO_LARGE = "The workbook is too large when it is unpacked. Save it as CSV."


class Sheet:
    """The first sheet that has a table."""

    encoding: str | None = None
    delimiter: str | None = None

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        _, cells = next(self._all())
        self.columns = headers(cells)

    @classmethod
    async def unpacked(cls, file: BinaryIO) -> Sheet:
        """The workbook's rows in a file of ours. Raises `Unreadable`."""
        found = unnamed_file()
        file.seek(0)
        command = (sys.executable, "-m", "server.imports.reading.sheets")
        child = await asyncio.create_subprocess_exec(
            *command, cwd=ROOT, stdin=file, stdout=found, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(SECONDS * 2):
                code = await child.wait()
        except TimeoutError:
            code = -1
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()
        if code:
            raise Unreadable(SAYS.get(code, TOO_LARGE))
        return await asyncio.to_thread(cls, found)

    def count(self) -> int:
        """How many rows there are."""
        return sum(1 for _ in self._all()) - 1

    def rows(self) -> Iterator[Row]:
        """The rows below the header that have anything in them."""
        filled = self._all()
        next(filled)
        for number, cells in filled:
            yield Row(number, fitted(cells, len(self.columns)))

    def _all(self) -> Iterator[tuple[int, list[str]]]:
        self.file.seek(0)
        for line in self.file:
            number, cells = json.loads(line)
            yield number, cells


def text_of(value: Any) -> str:
    """A cell as people would write it into a CSV."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and (value.hour, value.minute, value.second) == (0, 0, 0):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def main() -> None:
    """Write the rows of the workbook on standard input as lines of JSON, within bounds."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CPU, SECONDS),
    ):
        resource.setrlimit(limit, (most, most))
    try:
        sys.stdin.buffer.seek(0)
        book = CalamineWorkbook.from_filelike(sys.stdin.buffer)
        names = [s.name for s in book.sheets_metadata if s.typ == SheetTypeEnum.WorkSheet]
        filled = (sheet for name in names if (sheet := book.get_sheet_by_name(name)).total_height)
        sheet = next(filled, None)
    except PasswordError:
        sys.exit(3)
    except CalamineError:
        sys.exit(4)
    if sheet is None:
        sys.exit(5)
    first = sheet.start[0] + 1 if sheet.start else 1
    for number, cells in enumerate(sheet.iter_rows(), first):
        texts = [text_of(cell) for cell in cells]
        if any(texts):
            sys.stdout.write(json.dumps([number, texts]) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
