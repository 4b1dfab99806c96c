"""Bodies with files: multipart forms, their files on disk within a bound while the request is answered.

class LogoIn(Form):
    logo: File

@routes.post("/logo", can=…, max_body=2 * MIB)
async def put_logo(ctx: Context, body: LogoIn) -> …:
    await storage().put(ctx.actor.team_id, "logo.png", body.logo.file)
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import BadHttpMessage
from pydantic import InstanceOf, WithJsonSchema

from models.errors import AppError, BadRequest, BodyTimeout, FieldError, Invalid, TooLarge, Unavailable, wrong
from server.config import settings
from server.core.bodies import BODY_SECONDS, validated
from server.core.request_keys import BODY
from server.core.schemas import CONTROL, In

MIB = 1024 * 1024
PIECE = 256 * 1024
MOST_PARTS = 20
LONGEST_TEXT = 256 * 1024
LONGEST_NAME = 200


@dataclass(slots=True)
class Upload:
    """A file of a form. It has no name on the disk and is gone when nobody holds it any more."""

    name: str  # as the client calls it: for people, never a path
    media: str  # what the client says it is: a hint, never a promise
    size: int
    file: BinaryIO
    digest: str  # SHA-256


File = Annotated[InstanceOf[Upload], WithJsonSchema({"type": "string", "contentMediaType": "application/octet-stream"})]


class Form(In):
    """A body that comes as `multipart/form-data`."""


async def received(request: web.Request, form: type[Form], limit: int) -> Any:
    """The body as the form. Raises `Invalid`, `BadRequest`, `TooLarge`, `BodyTimeout`."""
    if not request.can_read_body:
        return validated(form, {})
    if request.content_type != "multipart/form-data":
        raise BadRequest("Send the body as multipart/form-data.", code="wrong_content_type")
    if request.content_length is not None and request.content_length > limit:
        raise _too_large(limit)
    try:
        values = await _Parts(limit).read(request)
    except AppError:
        raise
    except OSError as error:
        raise Unavailable("Files cannot be written right now.", code="storage_unavailable") from error
    except (ValueError, RuntimeError, AssertionError, BadHttpMessage, web.HTTPException) as error:
        raise BadRequest("The body is not multipart/form-data.", code="not_multipart") from error
    request[BODY] = _told(values)
    return validated(form, values)


def unnamed_file() -> BinaryIO:
    """A new file where there is room for large ones; it is gone when it is closed, however the process ends."""
    settings().var_dir.mkdir(parents=True, exist_ok=True)
    file: Any = tempfile.TemporaryFile(dir=settings().var_dir)  # noqa: SIM115  # who holds the upload closes it
    return file


class _Parts:
    """Reads the parts of one body, and counts what they take together."""

    def __init__(self, limit: int) -> None:
        self.limit, self.left = limit, limit

    async def read(self, request: web.Request) -> dict[str, Any]:
        values: dict[str, Any] = {}
        reader = await request.multipart()
        while part := await _in_time(reader.next()):
            if not isinstance(part, BodyPartReader) or not part.name:
                raise ValueError("a part without a name, or with parts of its own")
            if part.name in values:
                raise wrong(part.name, "given_twice", "Is there twice.")
            if len(values) == MOST_PARTS:
                raise wrong(part.name, "too_many", f"A form has at most {MOST_PARTS} parts.")
            values[part.name] = await (self._text(part) if part.filename is None else self._file(part))
        return values

    async def _text(self, part: BodyPartReader) -> str:
        found = bytearray()
        async for piece in self._pieces(part):
            found += piece
            if len(found) > LONGEST_TEXT:
                raise wrong(str(part.name), "too_long", f"At most {LONGEST_TEXT} bytes.")
        try:
            text = found.decode()
        except UnicodeDecodeError:
            raise wrong(str(part.name), "not_utf8", "Must be UTF-8.") from None
        if CONTROL.search(text) or CONTROL.search(str(part.name)):
            name = CONTROL.sub("", str(part.name))
            raise Invalid(FieldError(name, "invalid_character", "Has a control character."))
        return text

    async def _file(self, part: BodyPartReader) -> Upload:
        file = unnamed_file()
        digest, size = hashlib.sha256(), 0
        async for piece in self._pieces(part):
            await asyncio.to_thread(file.write, piece)
            digest.update(piece)
            size += len(piece)
        file.seek(0)
        name = (part.filename or "").encode(errors="surrogateescape").decode(errors="replace")
        media = part.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()
        return Upload(CONTROL.sub("", name)[-LONGEST_NAME:], media, size, file, digest.hexdigest())

    async def _pieces(self, part: BodyPartReader) -> AsyncIterator[bytes]:
        while piece := await _in_time(part.read_chunk(PIECE)):
            self.left -= len(piece)
            if self.left < 0:
                raise _too_large(self.limit)
            yield piece


async def _in_time(reading: Any) -> Any:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await reading
    except TimeoutError:
        raise BodyTimeout("The body did not arrive in time.") from None


def _told(values: dict[str, Any]) -> bytes:
    """What the body said, whatever its boundary: for the keys of repeated requests."""
    told = sorted((n, [v.name, v.digest] if isinstance(v, Upload) else v) for n, v in values.items())
    return repr(told).encode()


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit / MIB:g} MiB.")
