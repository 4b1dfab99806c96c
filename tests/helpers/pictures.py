"""Pictures as people send them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def picture(
    format: str = "PNG",
    size: tuple[int, int] = (400, 200),
    color: str | tuple[int, int, int] = (200, 30, 60),
    **options: Any,
) -> bytes:
    """A plain one, red unless told; `options` are Pillow's for the format."""
    made = io.BytesIO()
    Image.new("RGBA" if format == "PNG" else "RGB", size, color).save(made, format, **options)
    return made.getvalue()
