"""The reference's pages: the endpoints by swagger-ui, the events by a page of our own."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from models.errors import AppError
from server.core.documents.shapes import Schema
from server.pages.render import page
from server.system import documents


def endpoints(request: web.Request) -> web.Response:
    """Every endpoint, and every kind of problem."""
    problems = sorted(
        {e for e in _below(AppError) if e.status < 500 or e.status == 503}, key=lambda e: (e.status, e.code)
    )
    return page(request, "system/endpoints.html", problems=problems)


def _below(error: type[AppError]) -> list[type[AppError]]:
    return [e for child in error.__subclasses__() for e in (child, *_below(child))]


def events(request: web.Request) -> web.Response:
    """Every room with what is heard in it, and everything that is said on the socket."""
    content = documents.live().content
    channels = [_channel(name, channel, content) for name, channel in content["channels"].items()]
    return page(request, "system/events.html", about=content["info"]["description"], channels=channels)


def _channel(name: str, channel: Schema, content: Schema) -> dict[str, Any]:
    messages = content["components"]["messages"]
    said = [m for m in channel["messages"] if not m.endswith(".ack") and m != "refused"]
    return {
        "name": name,
        "title": channel["address"] if name != "socket" else channel["title"],
        "about": channel["description"],
        "messages": [_message(m, messages, content["components"]["schemas"]) for m in said],
    }


def _message(id: str, messages: Schema, definitions: Schema) -> dict[str, Any]:
    message, kind = messages[id], id.rpartition(".")[2]
    is_fact = "x-sentence" in message
    payload = message["payload"]
    fields = rows(payload["properties"]["detail"] if is_fact else payload, definitions)
    shown = {
        "id": id,
        "name": message["name"],
        "summary": message["summary"],
        "kind": "fact" if is_fact else kind,
        "sentence": message.get("x-sentence", ""),
        "fields": fields,
        "record": _record(payload, definitions) if is_fact else "",
        "example": _pretty(message["examples"][0]["payload"]),
    }
    if kind == "command":
        answer = messages[f"{message['name']}.ack"]
        shown["answer"] = _pretty(answer["examples"][0]["payload"])
    return shown


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _record(payload: Schema, definitions: Schema) -> str:
    shown = payload["properties"]["data"]["anyOf"][0]
    return resolve(shown, definitions).get("title", "") if "$ref" in shown else ""


# ---- a schema as a table ----


def resolve(schema: Schema, definitions: Schema) -> Schema:
    while "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    return schema


def rows(schema: Schema, definitions: Schema) -> list[dict[str, Any]]:
    """A table of an object's fields: name, type in words, whether it must be there, what it means."""
    schema = resolve(schema, definitions)
    required = schema.get("required", ())
    return [
        {
            "name": name,
            "type": words(one, definitions),
            "required": name in required,
            "about": one.get("description", ""),
        }
        for name, one in schema.get("properties", {}).items()
    ]


def words(schema: Schema, definitions: Schema) -> str:
    """A schema's type as one says it."""
    if "$ref" in schema:
        target = resolve(schema, definitions)
        return words(target, definitions) if "properties" not in target else target.get("title", "object")
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(words(o, definitions) for o in options)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {words(schema.get('items', {}), definitions)}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {words(schema['additionalProperties'], definitions)}"
    return str(schema.get("format") or schema.get("type", "anything")).replace("date-time", "time")
