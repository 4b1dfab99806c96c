"""Every answer of every test, held against the OpenAPI document that clients read."""

from __future__ import annotations

import json
import re
from copy import deepcopy
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

import server.__main__  # noqa: F401 - the process's main names every part of the house
from server.app import declare
from server.core.documents import openapi

Schema = dict[str, Any]
formats = FormatChecker(formats=())
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")
DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
EVERYWHERE = {404, 405}  # an address or a method that no operation describes

for name, pattern in (("date-time", TIME), ("date", DATE), ("uuid", UUID)):
    formats.checks(name)(lambda value, pattern=pattern: not isinstance(value, str) or pattern.match(value) is not None)


@cache
def document() -> Schema:
    """The document of all domains."""
    declare()
    return openapi()


def validator(schema: Schema, root: Schema) -> Draft202012Validator:
    """A validator of a schema that refers into `root`."""
    known = Registry().with_resource("urn:document", Resource(root, DRAFT202012))
    return Draft202012Validator(_absolute(schema), registry=known, format_checker=formats)


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {k: f"urn:document{v}" if k == "$ref" else _absolute(v) for k, v in schema.items()}
    return [_absolute(s) for s in schema] if isinstance(schema, list) else schema


def closed(schema: Any) -> Any:
    """The schema with every object's fields all declared: what is not documented is not to be answered."""
    if isinstance(schema, list):
        return [closed(s) for s in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {k: closed(v) for k, v in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        inner.setdefault("additionalProperties", False)
    return inner


@cache
def _closed_document() -> Schema:
    content = deepcopy(document())
    return closed(content)


@cache
def _operations() -> list[tuple[re.Pattern[str], Schema]]:
    # A path without a parameter is tried before one that would take its last word for an id.
    paths = sorted(_closed_document()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile("^" + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$"), item) for path, item in paths]


def operation(method: str, path: str) -> tuple[bool, Schema | None]:
    """Whether the path is documented, and the operation there."""
    plain = path.partition("?")[0]
    items = [item for pattern, item in _operations() if pattern.match(plain)]
    # `/api/forms/{id}` and `/api/forms/{token}` are told apart by their methods.
    return bool(items), next((found for item in items if (found := item.get(method.lower()))), None)


@cache
def _validator(key: str) -> Draft202012Validator:
    return validator(json.loads(key), _closed_document())


def hold(method: str, path: str, status: int, headers: Any, body: bytes) -> None:
    """Raise `AssertionError` for an answer that the document does not describe."""
    documented, found = operation(method, path)
    if not documented and not path.startswith("/api/"):
        return
    where = f"{method} {path} → {status}"
    if found is None:
        assert status in EVERYWHERE, f"{where}: neither documented nor refused"
        described = _closed_document()["components"]["responses"]["NotFound"]
    else:
        described = found["responses"].get(str(status))
        assert described is not None, f"{where}: say so on the route, `raises=(…,)`: {body[:500]!r}"
    described = _resolved(described)
    assert "X-Request-Id" in headers, f"{where}: no X-Request-Id"
    _hold_body(where, described.get("content", {}), headers, body)


def _resolved(described: Schema) -> Schema:
    if "$ref" not in described:
        return described
    return _closed_document()["components"]["responses"][described["$ref"].rpartition("/")[2]]


def _hold_body(where: str, content: Schema, headers: Any, body: bytes) -> None:
    if not content:
        assert body == b"", f"{where}: a body where none is described"
        return
    media = headers.get("Content-Type", "").partition(";")[0]
    assert media in content, f"{where}: {media} is not described"
    if media.endswith("json") and "schema" in content[media]:
        errors = _validator(json.dumps(content[media]["schema"])).iter_errors(json.loads(body))
        wrong = [f"{'.'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in errors]
        assert not wrong, f"{where} is not as documented:\n  " + "\n  ".join(wrong)
