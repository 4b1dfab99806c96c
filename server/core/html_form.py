"""The fields of a plain HTML form's body."""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from models.errors import BadRequest, FieldError, Invalid

MEDIA = ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_FIELDS = 200
Fields = dict[str, str | list[str]]


def fields(content_type: str, raw: bytes) -> Fields:
    """The fields by name; one that comes several times (checkboxes) is a list. Raises `Invalid`, `BadRequest`."""
    pairs = _parts(content_type, raw) if content_type.lower().startswith(MEDIA[1]) else _encoded(raw)
    found: Fields = {}
    for name, value in pairs:
        before = found.get(name)
        found[name] = value if before is None else [*([before] if isinstance(before, str) else before), value]
    return found


def _encoded(raw: bytes) -> list[tuple[str, str]]:
    try:
        text = raw.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        raise BadRequest("The body is not a form.", code="not_a_form") from None


def _parts(content_type: str, raw: bytes) -> list[tuple[str, str]]:
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + raw)
    parts = list(whole.iter_parts()) if whole.is_multipart() else []
    if not parts or len(parts) > MOST_FIELDS:
        raise BadRequest("The body is not a form.", code="not_a_form")
    return [_part(part) for part in parts]


def _part(part: Message) -> tuple[str, str]:
    name = part.get_param("name", header="content-disposition")
    if not isinstance(name, str):
        raise BadRequest("The body is not a form.", code="not_a_form")
    if part.get_filename():
        raise Invalid(FieldError(name, "no_files", "Files are not taken here."))
    payload = part.get_payload(decode=True)
    try:
        return name, payload.decode() if isinstance(payload, bytes) else ""
    except ValueError:
        raise BadRequest("The body is not UTF-8.", code="not_a_form") from None
