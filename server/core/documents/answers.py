"""What a route answers: its success, and the problems it can meet."""

from __future__ import annotations

import typing
from typing import Any

from models import errors
from models.errors import AppError
from server.core.documents.examples import example
from server.core.documents.parameters import versioned
from server.core.documents.shapes import Schema, Shapes, reference
from server.core.exports import MEDIA
from server.core.permissions import Can, Public
from server.core.problems import TYPE_BASE
from server.core.routing import Route

PROBLEM: Schema = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `code` is for programs, `detail` for people.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "With 422: every wrong field.",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {n: {"type": "string"} for n in ("field", "code", "message")},
            },
        },
        "request_id": {"type": "string"},
    },
    # A problem may name more: the permission that is lacking, the checks that failed, the path of a circle.
    "additionalProperties": True,
}
HEADERS: dict[str, Schema] = {
    "ETag": {"description": "The record's version, in quotes.", "schema": {"type": "string"}, "example": '"7"'},
    "Location": {"description": "Where the record is.", "schema": {"type": "string", "format": "uri-reference"}},
    "Retry-After": {"description": "Seconds to wait before asking again.", "schema": {"type": "integer"}},
    "RateLimit-Limit": {"description": "How many requests the window takes.", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "How many are left in the window.", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "Seconds until the window frees.", "schema": {"type": "integer"}},
    "X-Request-Id": {
        "description": "Names the request in our logs; send your own, or we make one.",
        "schema": {"type": "string"},
    },
}
JOB: Schema = {
    "type": "object",
    "required": ["job_id"],
    "properties": {"job_id": {"type": "string", "format": "uuid", "description": "Ask for it at `/api/jobs/{id}`."}},
    "examples": [{"job_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}],
}
EMPTY = {204: "Done; there is nothing to say.", 303: "A browser is led on.", 304: "You hold the current version."}
LIMIT_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def problems() -> list[type[AppError]]:
    """Every kind of problem that an endpoint can answer."""
    return [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, AppError) and e.status < 500] + [
        errors.Unavailable
    ]


def problem_responses() -> dict[str, Schema]:
    """The answers that endpoints share, by the error's name."""
    return {e.__name__: _problem(e) for e in problems()}


def _problem(error: type[AppError]) -> Schema:
    sample: dict[str, Any] = {
        "type": f"{TYPE_BASE}{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "detail": error.title,
    }
    if error is errors.Invalid:
        wrong = {"field": "title", "code": "required", "message": "Field required"}
        sample |= {"detail": "1 field is wrong", "errors": [wrong]}
    if error is errors.PermissionDenied:
        sample |= {"detail": "Your role lacks the permission tasks:write.", "permission": "tasks:write"}
    headers = ["X-Request-Id", *(["Location"] if error is errors.Merged else [])]
    if error in (errors.RateLimited, errors.Unavailable):
        headers.append("Retry-After")
    if error is errors.RateLimited:
        headers += LIMIT_HEADERS
    return {
        "description": error.title + ".",
        "headers": {name: reference(name, "headers") for name in headers},
        "content": {
            "application/problem+json": {
                "schema": reference("Problem"),
                "example": sample | {"request_id": "0199a3c16d527b108f4e2f6d1c9be001"},
            }
        },
    }


# ---- a route's answers ----


def answers(route: Route, shapes: Shapes) -> dict[str, Schema]:
    """The answers of one route, by status."""
    status, success = _success(route, shapes)
    found = {status: success}
    for also in {*route.also, *((304,) if route.method == "GET" and versioned(route) else ())}:
        found[str(also)] = {"description": EMPTY[also], "headers": _headers("ETag", "X-Request-Id")}
    if route.later:
        found["202"] = {
            "description": "Accepted; a job does it.",
            "headers": _headers("X-Request-Id"),
            "content": {"application/json": {"schema": JOB}},
        }
    shared: dict[str, list[str]] = {}
    for error in raised(route, shapes):
        shared.setdefault(str(error.status), []).append(error.__name__)
    return found | {s: reference(names[0], "responses") for s, names in sorted(shared.items())}


def raised(route: Route, shapes: Shapes) -> list[type[AppError]]:
    """The problems that the route's declaration makes possible, and those it names itself."""
    found: list[type[AppError]] = [errors.Invalid, *route.raises]
    if route.can is not Public or route.holder is not None or route.method != "GET":
        found.append(errors.Unavailable)
    if route.can is not Public or route.body is not None:  # a public body may carry a token or a password
        found.append(errors.Unauthorised)
    if isinstance(route.can, Can):
        found.append(errors.PermissionDenied)
    if route.path_params or (route.body is not None and _names_records(shapes.taken(route.body), shapes)):
        found.append(errors.NotFound)
    if route.about is not None and route.about.mergeable and "id" in route.path_params:
        found.append(errors.Merged)
    if route.method != "GET":
        found += [errors.Conflict, errors.BadRequest, errors.BodyTimeout, errors.TooLarge]
    if route.method in ("PUT", "PATCH", "DELETE") and "id" in route.path_params:
        found.append(errors.PreconditionFailed)
    if route.limit != "none":
        found.append(errors.RateLimited)
    return found


def _names_records(schema: Schema, shapes: Shapes) -> bool:
    return "'format': 'uuid'" in str(shapes.resolved(schema))


def gives_nothing(route: Route) -> bool:
    """Whether the handler answers 204."""
    returned = typing.get_type_hints(route.handler).get("return")
    return route.gives is None and (returned is type(None) or route.status == 204)


def _success(route: Route, shapes: Shapes) -> tuple[str, Schema]:
    headers = ["X-Request-Id", *(LIMIT_HEADERS if route.limit != "none" else ())]
    if gives_nothing(route):
        return str(204 if route.status == 200 else route.status), {
            "description": "Done; there is nothing to say.",
            "headers": _headers(*headers),
        }
    headers += ["ETag"] if versioned(route) else []
    headers += ["Location"] if route.status == 201 and _has(route, shapes, "id") else []
    content: Schema = {}
    if route.wants_export:
        files: Schema = {media: {"schema": {"type": "string"}} for media in MEDIA.values()}
        return "200", {"description": "The file.", "headers": _headers(*headers), "content": files}
    if route.gives is not None:
        schema = listed(shapes.given(route.gives)) if route.wants_list else shapes.given(route.gives)
        content = {"schema": schema, "example": example(schema, shapes)}
    return str(route.status), {
        "description": {200: "Done.", 201: "Created.", 202: "Accepted; a job does it."}.get(route.status, "Done."),
        "headers": _headers(*headers),
        "content": {route.media: content},
    }


def _has(route: Route, shapes: Shapes, name: str) -> bool:
    return route.gives is not None and name in shapes.resolved(shapes.given(route.gives)).get("properties", {})


def listed(item: Schema) -> Schema:
    """A page of items."""
    return {
        "type": "object",
        "required": ["items", "next_cursor"],
        "properties": {
            "items": {"type": "array", "items": item},
            "next_cursor": {
                "type": ["string", "null"],
                "description": "Ask for the next page with it; null on the last one.",
                "examples": ["WyItY3JlYXRlZF9hdCIsIjIwMjYtMTEtMjEiXQ"],
            },
            "total": {"type": "integer", "description": "With `?total=true`.", "minimum": 0},
        },
    }


def _headers(*names: str) -> Schema:
    return {name: reference(name, "headers") for name in names}
