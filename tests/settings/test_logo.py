"""The logo: drawn anew from what is a picture, refused clearly where it is something else."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import aiohttp
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.http import Answer
from tests.helpers.pictures import picture

LOGO = "/api/settings/business/logo"


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 40,000 × 40,000 pixels."""
    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    parts = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


async def send(person: Person, content: bytes, name: str = "logo.png") -> Answer:
    form = aiohttp.FormData()
    form.add_field("file", content, filename=name, content_type="image/png")
    return await person.ask("POST", LOGO, data=form)


async def test_a_logo_is_drawn_anew_kept_and_told(make: Make):
    anna = await make.owner()
    assert (await anna.get(LOGO)) == 404
    private = PngInfo()
    private.add_text("Comment", "where I live")
    answer = await send(anna, picture(size=(3000, 500), pnginfo=private))
    assert answer == 200, answer
    logo = answer.json["logo"]
    assert (logo["width"], logo["height"]) == (1200, 200)
    kept = await anna.get(LOGO)
    assert (kept.status, kept.headers["Content-Type"]) == (200, "image/png")
    assert hashlib.sha256(kept.body).hexdigest() == logo["sha256"]
    assert b"where I live" not in kept.body
    with Image.open(io.BytesIO(kept.body)) as shown:
        assert (shown.size, shown.convert("RGB").getpixel((600, 100))) == ((1200, 200), (200, 30, 60))
    [told] = await make.told(anna.team_id, "business.updated")
    assert told["changes"] == {"logo": [None, logo]}
    assert (await send(anna, picture(size=(3000, 500)))).json["version"] == answer.json["version"]


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
async def test_other_pictures_become_png(make: Make, format: str):
    anna = await make.owner()
    answer = await send(anna, picture(format), "logo.jpg")
    assert answer == 200, answer
    assert (await anna.get(LOGO)).body.startswith(b"\x89PNG")


async def test_a_logo_can_be_removed_and_what_was_put_stays_beside_it(make: Make):
    anna = await make.owner()
    await send(anna, picture())
    business = (await anna.put("/api/settings/business", {"name": "Studio"})).json
    assert business["logo"] is not None
    assert await anna.delete(LOGO) == 204
    assert (await anna.get("/api/settings/business")).json["logo"] is None
    assert await anna.get(LOGO) == 404


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', 415, "svg_refused"),
        (b'\xef\xbb\xbf\n<?xml version="1.0"?><svg/>', 415, "svg_refused"),
        (b"%PDF-1.7 no picture", 415, "not_a_picture"),
        (b"", 415, "not_a_picture"),
        (picture() + b"<script>alert(1)</script>", 415, "polyglot_refused"),
        (picture("JPEG") + b"PK\x03\x04", 415, "polyglot_refused"),
        (picture("WEBP") + b"PK\x03\x04", 415, "polyglot_refused"),
        (b"GIF89a" + bytes(20), 415, "not_a_picture"),
        (bomb(), 422, "too_many_pixels"),
        (picture(size=(300, 300))[:60] + b"IEND\xaeB`\x82", 422, "broken_picture"),
    ],
)
async def test_what_is_no_picture_is_refused(make: Make, content: bytes, status: int, code: str):
    anna = await make.owner()
    answer = await send(anna, content)
    assert answer == status, answer
    assert (answer.wrong == {"file": code}) if status == 422 else (answer.code == code)
    assert (await anna.get("/api/settings/business")).json["logo"] is None


async def test_too_large_a_file_and_the_wrong_person_are_refused(make: Make):
    anna = await make.owner()
    assert (await send(anna, bytes(6 * 1024 * 1024))).code == "too_large"
    ben = await make.member(anna, role="manager")
    assert (await send(ben, picture())).json["permission"] == "business:write"
    assert await ben.delete(LOGO) == 403
