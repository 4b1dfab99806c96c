"""Texts in files that spreadsheets open: nothing in them runs, and they come back as they were."""

from __future__ import annotations

import re
from typing import Any

# What a spreadsheet takes for a formula, also in its wide form; a mere number (a phone's, too) is none.
RUNS = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def guarded(value: Any) -> Any:
    """The value with an apostrophe before what would run as a formula; `unguarded` takes it away."""
    if isinstance(value, str) and RUNS.match(value) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def unguarded(text: str) -> str:
    """What was guarded."""
    return text[1:] if text.startswith("'") and RUNS.match(text) else text
