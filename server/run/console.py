"""What the person who started us reads: one line at a time, with the name of who says it."""

from __future__ import annotations

import sys


def say(line: str, name: str = "mediaflow") -> None:
    """Write one line; a reader who went away (`make run | head`) stops nothing."""
    try:
        sys.stdout.write(f"{name:>10} | {line}\n")
        sys.stdout.flush()
    except OSError:
        return
