"""The OpenAPI 3.1 document of every registered route."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

from server.core import html_form
from server.core.documents import answers, parameters
from server.core.documents.examples import example
from server.core.documents.shapes import Schema, Shapes
from server.core.permissions import ROLES, Can, Public
from server.core.routing import Route, registry

VERSION = "1.0.0"
ABOUT = """JSON in and out, UTF-8, `snake_case`. Unknown fields and parameters are refused (422), never ignored.

* **Ids** are UUIDv7 strings. **Times** are RFC 3339 in UTC and end in `Z`; **dates** are `YYYY-MM-DD`.
* **Money** is a decimal string with the currency's own number of places (`"1234.50"`, JPY `"1234"`, KWD `"1.250"`)
  beside a `currency`; rates and quantities are decimal strings too. Never a float.
* Every record carries `id`, `version`, `created_at` and `updated_at`. `ETag` is the version; `If-Match` is honoured on
  PUT, PATCH and DELETE. A write that changes nothing answers the record as it is.
* **Lists** answer `{items, next_cursor}`, and `total` when asked for. Cursors are opaque and stable under writes.
* **Problems** are `application/problem+json`; `code` is for programs. What belongs to another team is 404.
* Live changes come over the socket: see the [events](/api/docs/events).
"""
BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `access_token` of a sign-in. It lasts 15 minutes; `POST /api/auth/refresh` gives the next.",
}


def openapi(routes: Iterable[Route] | None = None, server: str = "/") -> Schema:
    """The document of these routes; of all that are registered when left out."""
    shown = [r for r in (registry if routes is None else routes) if not r.hidden]
    shapes = Shapes(
        taken=[t for r in shown for t in (r.body, r.query) if t is not None],
        given=[r.gives for r in shown if r.gives is not None],
    )
    _forget_stand_ins(shown, shapes)
    names = _operation_ids(shown)
    paths: dict[str, Schema] = {}
    for route, name in zip(shown, names, strict=True):
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, name, shapes)
    return {
        "openapi": "3.1.0",
        "info": {"title": "MediaFlow", "version": VERSION, "description": ABOUT, "license": _license()},
        "servers": [{"url": server}],
        "tags": [{"name": tag, "description": about} for tag, about in _tags(shown).items()],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted((shapes.definitions | {"Problem": answers.PROBLEM}).items())),
            "parameters": parameters.COMPONENTS,
            "headers": answers.HEADERS,
            "responses": answers.problem_responses(),
            "securitySchemes": {"bearer": BEARER},
        },
        "security": [{"bearer": []}],
    }


def _forget_stand_ins(routes: list[Route], shapes: Shapes) -> None:
    """In a body of changes what is left out stays as it is: the models' defaults only stand in for it."""
    partial = [shapes.resolved(shapes.taken(r.body)) for r in routes if r.method == "PATCH" and r.body is not None]
    inner = [
        shapes.resolved(p) for s in shapes.definitions.values() for n, p in _properties(s).items() if n == "changes"
    ]
    for schema in (*partial, *inner):
        for field in _properties(schema).values():
            field.pop("default", None)


def _properties(schema: Schema) -> Schema:
    return schema.get("properties", {})


def _license() -> Schema:
    return {"name": "MIT", "identifier": "MIT"}


def _operation_ids(routes: list[Route]) -> list[str]:
    plain = [f"{r.tag}_{r.handler.__name__}".replace("-", "_") for r in routes]
    count = Counter(plain)
    twice = [f"{n}_{r.method.lower()}" if count[n] > 1 else n for n, r in zip(plain, routes, strict=True)]
    count = Counter(twice)
    by_path = [r.path.replace("/api/", "").replace("{", "").replace("}", "").replace("/", "_") for r in routes]
    return [f"{n}_{p}" if count[n] > 1 else n for n, p in zip(twice, by_path, strict=True)]


def _tags(routes: list[Route]) -> dict[str, str]:
    """Each tag with the first line of its domain's docstring; declared CRUD has its handlers in the core."""
    found = dict.fromkeys(sorted(r.tag for r in routes), "")
    for route in routes:
        package = sys.modules.get(route.handler.__module__.rpartition(".")[0])
        if package is not None and package.__name__ != "server.core":
            found[route.tag] = found[route.tag] or (package.__doc__ or "").split("\n")[0]
    return found


def _operation(route: Route, name: str, shapes: Shapes) -> Schema:
    operation: dict[str, Any] = {
        "operationId": name,
        "tags": [route.tag],
        "summary": route.summary,
        "description": _description(route),
        "x-permission": permission(route),
    }
    if found := parameters.parameters(route, shapes):
        operation["parameters"] = found
    if route.body is not None:
        operation["requestBody"] = _body(route, shapes)
    operation["responses"] = answers.answers(route, shapes)
    if route.can is Public:
        operation["security"] = []
    return operation


def permission(route: Route) -> str:
    """Who may call it: a permission's name, `signed_in`, or `public`."""
    if isinstance(route.can, Can):
        return str(route.can)
    return "public" if route.can is Public else "signed_in"


def _description(route: Route) -> str:
    more = (inspect.getdoc(route.handler) or "").partition("\n")[2].strip()
    if isinstance(route.can, Can):
        holders = ", ".join(role for role, can in ROLES.items() if route.can in can)
        needs = f"Needs `{route.can}` ({holders})."
    else:
        needs = "No token is asked for." if route.can is Public else "Any signed-in person."
    return f"{more}\n\n{needs}".strip()


def _body(route: Route, shapes: Shapes) -> Schema:
    assert route.body is not None
    schema = shapes.taken(route.body)
    if route.form is not None:  # what a file holds cannot be shown in JSON
        return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    content = {"schema": schema, "example": example(schema, shapes)}
    media = ("application/json", *(html_form.MEDIA if route.html_forms else ()))
    # One that is left out is taken as empty, which says something wherever no field is required.
    required = route.body_required and any(f.is_required() for f in route.body.model_fields.values())
    return {"required": required, "content": dict.fromkeys(media, content)}
