"""Believable values for schemas: a field is recognised by its name, then by its format, then by its type."""

from __future__ import annotations

import re
import uuid
from typing import Any

from server.core.documents.shapes import Schema, Shapes

# By a field's name; a value that does not fit the field's schema is passed over.
NAMED: dict[str, list[Any]] = {
    "address": ["12 Quay Street, Bristol"],
    "avatar_url": ["https://mediaflow.example/avatars/mara.png"],
    "body": ["@jonas the cut is ready to review."],
    "budget": ["18500.00"],
    "city": ["Bristol"],
    "code": ["204817"],
    "color": ["#5046E5"],
    "currency": ["EUR"],
    "description": ["A 90-second film for the spring campaign."],
    "device": ["Firefox on Linux"],
    "email": ["mara@studio-north.example"],
    "epoch": ["6f1d2c9e0b7a4c55"],
    "key": ["review"],
    "kind": ["task"],
    "labels": [["campaign", "film"]],
    "language": ["en"],
    "name": ["Brand film", "Mara Lindqvist"],
    "note": ["Rough cut, second pass."],
    "password": ["a long and private sentence"],
    "rank": ["0|hzzzzz"],
    "rate": ["95.00"],
    "room": ["project:0199a3c1-6d52-7b10-8f4e-2f6d1c9be010"],
    "slug": ["studio-north"],
    "status": ["todo", "active"],
    "step": ["Rendering page 2 of 5"],
    "team_name": ["Studio North"],
    "timezone": ["Europe/Lisbon"],
    "title": ["Cut the trailer to 60 seconds"],
    "url": ["https://studio-north.example/brief"],
    "user_agent": ["Mozilla/5.0 (X11; Linux x86_64) Firefox/146.0"],
}
PEOPLE = {"actor", "author", "user", "members", "Person", "Presence", "TypingHeard"}
FORMATS: dict[str, str] = {
    "date": "2026-12-04",
    "date-time": "2026-11-21T09:30:00.000000Z",
    "email": "mara@studio-north.example",
    "uri": "https://studio-north.example/brief",
    "binary": "",
}
PATTERNED = [
    "DE",
    "EUR",
    "#5046E5",
    "1234.50",
    "204817",
    "in_review",
    "en",
    "Europe/Lisbon",
    "2026-12-04",
    "a1b2c3d4e5f6a7b8",
]
TEXT = "Cut the trailer to 60 seconds"
DEEP = 8


def example(schema: Schema, shapes: Shapes, name: str = "", depth: int = 0) -> Any:
    """A value that the schema takes; the schema's own `example` or `examples` first."""
    schema = shapes.resolved(schema)
    own = schema.get("examples") or ([schema["example"]] if "example" in schema else [])
    if own:
        return own[0]
    for keyword in ("anyOf", "oneOf", "allOf"):
        if options := schema.get(keyword):
            some = [o for o in options if shapes.resolved(o).get("type") != "null"]
            return example(some[0] | _described(schema), shapes, name, depth) if some else None
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return next((v for v in NAMED.get(name, ()) if v in schema["enum"]), schema["enum"][0])
    makers = {"object": _object, "array": _array}
    if maker := makers.get(schema.get("type", "")):
        return None if depth > DEEP else maker(schema, shapes, name, depth)
    return _scalar(schema, name)


def _described(schema: Schema) -> Schema:
    """What stands beside the alternatives and holds for each of them."""
    return {k: v for k, v in schema.items() if k in ("minLength", "maxLength", "pattern", "minimum", "maximum")}


def _object(schema: Schema, shapes: Shapes, name: str, depth: int) -> Any:
    properties = schema.get("properties", {})
    made = {n: example(s, shapes, n, depth + 1) for n, s in properties.items()}
    if "name" in made and PEOPLE.intersection((name, schema.get("title"))):
        made["name"] = "Mara Lindqvist"
    return made


def _array(schema: Schema, shapes: Shapes, name: str, depth: int) -> Any:
    if "prefixItems" in schema:
        return [example(s, shapes, name, depth + 1) for s in schema["prefixItems"]]
    if shapes.resolved(schema.get("items", {})).get("type") == "string" and name in NAMED:
        return NAMED[name][0]
    count = max(1, schema.get("minItems", 1))
    item = example(schema.get("items", {}), shapes, name.removesuffix("s").removesuffix("_id"), depth + 1)
    return [] if item is None else [item] * count


def _scalar(schema: Schema, name: str) -> Any:
    match schema.get("type"):
        case "string":
            return _string(schema, name)
        case "integer" | "number":
            return _number(schema)
        case "boolean":
            return bool(schema.get("default", True))
        case "null":
            return None
    return NAMED.get(name, [{}])[0]


def _string(schema: Schema, name: str) -> str:
    if schema.get("format") == "uuid":
        made = uuid.uuid5(uuid.NAMESPACE_URL, f"mediaflow/{name}").hex
        return str(uuid.UUID(f"0199a3c16d527{made[:3]}8{made[3:18]}"))
    candidates = [*NAMED.get(name, ()), TEXT, *PATTERNED, "x" * schema.get("minLength", 0)]
    if schema.get("format") in FORMATS:
        candidates.insert(0, FORMATS[schema["format"]])
    fitting = [c for c in candidates if isinstance(c, str) and _fits(c, schema)]
    return fitting[0] if fitting else TEXT[: schema.get("maxLength", len(TEXT))]


def _fits(text: str, schema: Schema) -> bool:
    if not schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text)):
        return False
    return "pattern" not in schema or re.search(schema["pattern"], text) is not None


def _number(schema: Schema) -> Any:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0) + ("exclusiveMinimum" in schema))
    high = schema.get("maximum", low + 3)
    return min(max(low, 3), high)
