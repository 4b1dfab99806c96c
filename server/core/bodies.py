"""A request's body: read whole within a bound and a time, and taken as its model or refused field by field."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from aiohttp import ClientConnectionResetError, web
from pydantic import BaseModel, ValidationError

from models.errors import BadRequest, BodyTimeout, FieldError, Invalid, TooLarge
from server.core import html_form
from server.core.problems import from_validation
from server.core.request_keys import BODY
from server.core.schemas import unprintable

BODY_SECONDS = 30.0


def validated(model: type[BaseModel], value: Any) -> Any:
    """`value` as the model. Raises `Invalid` naming every wrong field."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise from_validation(error) from None


async def read_body(request: web.Request, limit: int) -> bytes:
    """The whole body. Raises `TooLarge`, and `BodyTimeout` when it does not arrive in time."""
    if not request.content.is_eof():
        if request.content_length is not None and request.content_length > limit:
            raise TooLarge(f"The body is larger than {limit} bytes.")
        return await _arriving(request, limit)
    body = request.content.read_nowait()  # it came with its head, as nearly all do: nothing to wait for
    if len(body) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes.")
    return body


async def _arriving(request: web.Request, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    try:
        while True:
            async with asyncio.timeout(BODY_SECONDS):
                part = await request.content.readany()
            if not part:
                return b"".join(parts)
            size += len(part)
            if size > limit:
                raise TooLarge(f"The body is larger than {limit} bytes.")
            parts.append(part)
    except TimeoutError:
        raise BodyTimeout("The body did not arrive in time.") from None
    except ConnectionResetError as error:  # the caller's connection, not one of ours
        raise ClientConnectionResetError("The body did not arrive.") from error


async def parsed(
    request: web.Request, model: type[BaseModel], required: bool, limit: int, *, html_forms: bool = False
) -> Any:
    """The body as the model; `{}` where one is `required` and there is none. Raises `Invalid`, `BadRequest`.

    With `html_forms` it may be that of a plain HTML form.
    """
    raw = await read_body(request, limit) if request.can_read_body else b""
    request[BODY] = raw
    if not raw:
        # An absent body is an empty object: what is required is then named field by field.
        return validated(model, {}) if required else None
    if html_forms and request.content_type in html_form.MEDIA:
        fields = html_form.fields(request.headers["Content-Type"], raw)
        request[BODY] = msgspec.json.encode(fields)  # each time a form is sent its parts have another boundary
        if unprintables := _unprintable(fields):
            raise Invalid(*unprintables)
        return validated(model, fields)
    if request.headers.get("Content-Type") != "application/json" and request.content_type != "application/json":
        raise BadRequest("Send the body as application/json.", code="wrong_content_type")
    unprintables = _with_control_characters(raw) if b"\\u00" in raw else []
    try:
        body = model.model_validate_json(raw, strict=True)  # true is no 1, and "5" no 5
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] == "json_invalid":
            raise BadRequest("The body is not JSON.", code="not_json") from None
        raise Invalid(*unprintables, *from_validation(error).errors) from None
    if unprintables:
        raise Invalid(*unprintables)
    return body


def _with_control_characters(raw: bytes) -> list[FieldError]:
    try:
        return _unprintable(msgspec.json.decode(raw))
    except (msgspec.DecodeError, RecursionError):
        raise BadRequest("The body is not JSON.", code="not_json") from None


def _unprintable(body: Any) -> list[FieldError]:
    return [FieldError(f, "invalid_character", "Has a control character.") for f in unprintable(body)]
