"""Pictures that strangers send: only what is one and nothing else, drawn anew so that nothing of the file is kept."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

from models.errors import AppError, UnsupportedMedia, wrong

FORMATS = ("PNG", "JPEG", "WEBP")
MOST_PIXELS = 24_000_000
MARKUP = (b"<svg", b"<?xml", b"<!doctype", b"<html", b"<!entity")
PNG_END = b"IEND\xaeB`\x82"


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG of our own making."""

    content: bytes
    width: int
    height: int


def redrawn(file: BinaryIO, *, within: tuple[int, int], field: str) -> Picture:
    """The picture as a PNG of at most this size. Slow: to be called in a thread.

    Raises `UnsupportedMedia` for what is no PNG, JPEG or WebP, or something else besides; `Invalid` for one that is
    too large in pixels, or broken.
    """
    raw = file.read()
    head = raw[:4096].lower()
    if any(mark in head for mark in MARKUP):
        raise _refused("svg_refused", "An SVG or other markup can carry scripts")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(raw), formats=FORMATS)
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        if isinstance(error, UnidentifiedImageError):
            raise _refused("not_a_picture", "This is no picture") from None
        raise _too_many(field) from None
    if image.width * image.height > MOST_PIXELS:  # the head says so; not a pixel is decoded yet
        raise _too_many(field)
    if not _ends(raw, str(image.format)):
        raise _refused("polyglot_refused", "There is something else behind the picture in this file")
    try:
        return _drawn(image, within)
    except (OSError, ValueError, SyntaxError, EOFError) as error:  # what Pillow raises for a broken file
        raise wrong(field, "broken_picture", f"The picture is broken: {error}.") from None


def _drawn(image: Image.Image, within: tuple[int, int]) -> Picture:
    image = ImageOps.exif_transpose(image)
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail(within, Image.Resampling.LANCZOS)
    made = io.BytesIO()
    # A new canvas: text chunks, profiles and positions of the camera stay behind.
    canvas = Image.new(image.mode, image.size)
    canvas.paste(image)
    canvas.save(made, "PNG", optimize=True)
    return Picture(made.getvalue(), canvas.width, canvas.height)


def _ends(raw: bytes, format: str) -> bool:
    """Whether the file ends where the picture does."""
    if format == "PNG":
        return raw.endswith(PNG_END) and raw.count(PNG_END) == 1
    if format == "JPEG":
        return raw.rstrip(b"\0").endswith(b"\xff\xd9")
    return int.from_bytes(raw[4:8], "little") + 8 == len(raw)


def _refused(code: str, why: str) -> AppError:
    return UnsupportedMedia(f"{why}: send a PNG, JPEG or WebP file.", code=code)


def _too_many(field: str) -> AppError:
    return wrong(field, "too_many_pixels", f"At most {MOST_PIXELS // 10**6} million pixels.")
