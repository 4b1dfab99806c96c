"""Pictures as people send them."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def picture(format: str = "PNG", size: tuple[int, int] = (400, 200), **options: Any) -> bytes:
    """A plain red one; `options` are Pillow's for the format."""
    made = io.BytesIO()
    Image.new("RGBA" if format == "PNG" else "RGB", size, (200, 30, 60)).save(made, format, **options)
    return made.getvalue()
