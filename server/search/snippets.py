"""The text around what was found, as HTML in which nothing but the marks of the hits is markup."""

from __future__ import annotations

import re
import unicodedata
from html import escape

BEFORE, LENGTH = 40, 160
WORD = re.compile(r"[^\W_]+")
# Letters that lose more than an accent.
FOLDED = str.maketrans({"ø": "o", "ß": "ss", "æ": "ae", "œ": "oe", "đ": "d", "ł": "l", "ı": "i"})


def folded(text: str) -> str:
    """Without case and accents, much as the index folds."""
    plain = unicodedata.normalize("NFKD", text.lower().translate(FOLDED))
    return "".join(c for c in plain if not unicodedata.combining(c))


def words_of(q: str) -> list[str]:
    return WORD.findall(folded(q))


def snippet(q: list[str], *texts: str | None) -> str:
    """Of the first text with a hit, else of the first there is, the part around its first hit; each hit is marked."""
    given = [" ".join(text.split()) for text in texts if text and text.strip()]
    for text in given:
        if hits := _hits(q, text):
            start = _start(text, hits[0][0])
            return _marked(text, start, hits)
    return _marked(given[0], 0, []) if given else ""


def _hits(q: list[str], text: str) -> list[tuple[int, int]]:
    """Where the words that begin like one of the query's stand."""
    return [m.span() for m in WORD.finditer(text) if any(folded(m[0]).startswith(word) for word in q)]


def _start(text: str, hit: int) -> int:
    """A word's beginning, a little before the hit."""
    if hit <= BEFORE:
        return 0
    return text.rfind(" ", 0, hit - BEFORE) + 1 or hit - BEFORE


def _marked(text: str, start: int, hits: list[tuple[int, int]]) -> str:
    end, at, parts = start + LENGTH, start, ["…"] if start else []
    for begin, stop in hits:
        if begin >= start and stop <= end:
            parts += [escape(text[at:begin]), "<mark>", escape(text[begin:stop]), "</mark>"]
            at = stop
    parts.append(escape(text[at:end]))
    return "".join(parts) + ("…" if len(text) > end else "")
