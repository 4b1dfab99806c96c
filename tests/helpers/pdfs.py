"""What stands in a PDF that Chromium made: its words, as a reader or a screen reader finds them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf

BLOCK = re.compile(rb"begin(bfchar|bfrange)(.*?)end\1", re.DOTALL)
HEX = re.compile(rb"<([0-9A-Fa-f]*)>")


def words(pdf: bytes) -> list[str]:
    """The text of each page, without any white space: where letters stand apart is the layout's affair."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [re.sub(r"\s+", "", "".join(_text(page, page.resources))) for page in document.pages]


def fonts(pdf: bytes) -> set[str]:
    """The fonts that are in the file, without the mark of their subset. One that is only named is no font of it."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        found: set[str] = set()
        for each in document.objects:
            if isinstance(each, pikepdf.Dictionary) and each.get("/Type") == "/FontDescriptor":
                assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(each.keys()), each["/FontName"]
                found.add(str(each["/FontName"]).partition("+")[2])
        return found


def _text(page: Any, resources: Any) -> Iterator[str]:
    """What a page shows, or one of the groups in it: what is see-through stands in a group of its own."""
    maps = {name: _letters(font) for name, font in resources.get("/Font", {}).items()}
    letters: dict[int, str] = {}
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            letters = maps[str(operands[0])]
        elif str(operator) == "Do" and "/Resources" in (group := resources["/XObject"][str(operands[0])]):
            yield from _text(group, group["/Resources"])
        elif str(operator) in ("Tj", "TJ"):
            for part in operands[0] if str(operator) == "TJ" else operands:
                raw = bytes(part) if isinstance(part, pikepdf.String) else b""
                yield from (letters.get(int.from_bytes(raw[i : i + 2], "big"), "") for i in range(0, len(raw), 2))


def _letters(font: Any) -> dict[int, str]:
    found: dict[int, str] = {}
    for kind, body in BLOCK.findall(font["/ToUnicode"].read_bytes()):
        codes = [bytes.fromhex(code.decode()) for code in HEX.findall(body)]
        step = 2 if kind == b"bfchar" else 3
        for i in range(0, len(codes), step):
            first, last, text = codes[i], codes[i + step - 2], codes[i + step - 1].decode("utf-16-be")
            for n, code in enumerate(range(int.from_bytes(first, "big"), int.from_bytes(last, "big") + 1)):
                found[code] = text[:-1] + chr(ord(text[-1]) + n)
    return found
