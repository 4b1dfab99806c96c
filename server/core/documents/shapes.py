"""Every type that the declarations name, as JSON Schema under one set of definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

Schema = dict[str, Any]
Mode = Literal["validation", "serialization"]
REFERENCE = "#/components/schemas/{model}"


class Untitled(GenerateJsonSchema):
    """A field's name is title enough."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


class Shapes:
    """Schemas by type: `shapes.taken(X)` as a request carries it, `shapes.given(X)` as an answer does."""

    def __init__(self, taken: Iterable[Any], given: Iterable[Any]) -> None:
        wanted: list[tuple[Any, Mode]] = [(t, "validation") for t in dict.fromkeys(taken)]
        wanted.extend((t, "serialization") for t in dict.fromkeys(given))
        inputs: list[tuple[Any, Mode, TypeAdapter[Any]]] = [(t, mode, TypeAdapter(t)) for t, mode in wanted]
        found, rest = TypeAdapter.json_schemas(inputs, ref_template=REFERENCE, schema_generator=Untitled)
        self._found = found
        self.definitions: dict[str, Schema] = rest.get("$defs", {})

    def taken(self, type: Any) -> Schema:
        return self._found[(type, "validation")]

    def given(self, type: Any) -> Schema:
        return self._found[(type, "serialization")]

    def resolved(self, schema: Schema) -> Schema:
        """The schema itself where it is only a reference to it."""
        while "$ref" in schema:
            schema = self.definitions[schema["$ref"].rpartition("/")[2]]
        return schema


def reference(name: str, kind: str = "schemas") -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
