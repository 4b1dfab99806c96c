"""What a route takes beside its body: path, filters, sort, pages, headers."""

from __future__ import annotations

from typing import Any

from server.core.documents.examples import example
from server.core.documents.shapes import Schema, Shapes, reference
from server.core.exports import MEDIA
from server.core.filters import ORDERED, Filter, Kind
from server.core.pages import DEFAULT_LIMIT, MAX_LIMIT, Listing
from server.core.permissions import Public
from server.core.routing import Route

KINDS: dict[Kind, Schema] = {
    "uuid": {"type": "string", "format": "uuid"},
    "text": {"type": "string"},
    "int": {"type": "integer"},
    "numeric": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "date-time"},
    "bool": {"type": "boolean"},
}
SAYS = {
    "": "is one of these values",
    "in": "is one of these values",
    "ne": "is none of these values",
    "lt": "is less than this",
    "lte": "is at most this",
    "gt": "is greater than this",
    "gte": "is at least this",
    "null": "is missing (true), or is there (false)",
}

FORMAT: Schema = {
    "name": "format",
    "in": "query",
    "description": "The format of the file.",
    "schema": {"type": "string", "enum": list(MEDIA), "default": "csv"},
}
COMPONENTS: dict[str, Schema] = {
    "limit": {
        "name": "limit",
        "in": "query",
        "description": "How many to answer at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    },
    "cursor": {
        "name": "cursor",
        "in": "query",
        "description": "The `next_cursor` of the page before, with the same filters and sort.",
        "schema": {"type": "string"},
    },
    "total": {
        "name": "total",
        "in": "query",
        "description": "Count all that match, too.",
        "schema": {"type": "boolean", "default": False},
    },
    "q": {
        "name": "q",
        "in": "query",
        "description": "Words to search for; each matches the beginning of a word, case and accents aside.",
        "schema": {"type": "string", "maxLength": 200},
        "example": "film",
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` you hold: answered 412 when the record has changed since. May be left out.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` you hold: answered 304 when the record is still the same.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A value of your own: the same key and body answers the first answer again for 24 hours.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
        "example": "5b0c0a3e-create-task",
    },
}


def parameters(route: Route, shapes: Shapes) -> list[Schema]:
    """All parameters of a route, in the order in which one meets them."""
    found = [_path(name, kind) for name, kind in route.path_params.items()]
    if route.listing is not None and route.wants_list:
        found += _list(route.listing)
    elif route.listing is not None and route.wants_export:
        found += [*_chosen(route.listing), FORMAT]
    elif route.includes:
        found.append(_include(route.includes))
    if route.query is not None:
        found += _model(shapes.taken(route.query), shapes)
    return found + _headers(route)


def _path(name: str, kind: type) -> Schema:
    schema = {"type": "string"} if kind is str else KINDS["uuid"]
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _headers(route: Route) -> list[Schema]:
    if route.method == "POST" and (route.can is not Public or route.holder is not None) and not route.secret:
        return [reference("Idempotency-Key", "parameters")]
    if route.method in ("PUT", "PATCH", "DELETE") and "id" in route.path_params:
        return [reference("If-Match", "parameters")]
    return [reference("If-None-Match", "parameters")] if versioned(route) and route.method == "GET" else []


def versioned(route: Route) -> bool:
    """Whether the answer is one record, which carries its version as `ETag`."""
    fields = getattr(route.gives, "model_fields", None) or getattr(route.gives, "__annotations__", {})
    return route.listing is None and "version" in fields


# ---- lists ----


def _list(listing: Listing) -> list[Schema]:
    found = _chosen(listing)
    if listing.out.includes:
        found.append(_include(listing.out.includes))
    return found + [reference(name, "parameters") for name in ("limit", "cursor", "total")]


def _chosen(listing: Listing) -> list[Schema]:
    """What says which records, and in which order."""
    found = [_filter(name, f, operator) for name, f in listing.filters.items() for operator in f.operators]
    if listing.more is not None:
        found.append(_custom())
    if listing.searchable:
        found.append(reference("q", "parameters"))
    return [*found, _sort(listing)]


def _filter(name: str, found: Filter, operator: str) -> Schema:
    one = dict(KINDS[found.kind])
    if found.choices:
        one["enum"] = list(found.choices)
    parameter: Schema = {
        "name": f"{name}[{operator}]" if operator else name,
        "in": "query",
        "description": f"`{name}` {SAYS[operator]}.",
    }
    if operator == "null":
        return parameter | {"schema": {"type": "boolean"}}
    if operator in ORDERED:
        return parameter | {"schema": one}
    return parameter | _comma_separated(one)


def _comma_separated(items: Schema) -> Schema:
    return {"schema": {"type": "array", "items": items}, "style": "form", "explode": False}


def _custom() -> Schema:
    return {
        "name": "custom",
        "in": "query",
        "description": "The team's own fields: `custom.<key>` with the operators of the field's type.",
        "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        "style": "form",
        "explode": True,
        "example": {"custom.campaign": "spring"},
    }


def _sort(listing: Listing) -> Schema:
    names = [way for name in sorted(listing.sorts) for way in (name, f"-{name}")]
    return {
        "name": "sort",
        "in": "query",
        "description": "What to sort by, most important first; a leading `-` is descending. Missing values come last.",
        "schema": {"type": "array", "items": {"type": "string", "enum": names}, "default": listing.default.split(",")},
        "style": "form",
        "explode": False,
    }


def _include(names: tuple[str, ...]) -> Schema:
    return {
        "name": "include",
        "in": "query",
        "description": "Relations to expand.",
        **_comma_separated({"type": "string", "enum": list(names)}),
    }


def _model(schema: Schema, shapes: Shapes) -> list[Schema]:
    schema = shapes.resolved(schema)
    return [
        _of_property(name, one, name in schema.get("required", ()), shapes)
        for name, one in schema.get("properties", {}).items()
    ]


def _of_property(name: str, schema: Schema, required: bool, shapes: Shapes) -> Schema:
    parameter: dict[str, Any] = {"name": name, "in": "query", "required": required, "schema": schema}
    if "description" in schema:
        parameter["description"] = schema["description"]
    if required:
        parameter["example"] = example(schema, shapes, name)
    return parameter
