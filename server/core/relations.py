"""Relations that `?include=` asks for, read through what the caller may see: an id may name what is not theirs to read.

The output schema declares the field as `included("NULL::jsonb")`, and the handler fills it in.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from models.base import Condition
from server.core.view import Out, Row


async def visible(gives: type[Out], ids: set[UUID], by: Actor) -> dict[UUID, Row]:
    """Those of these records that the actor may see, by id."""
    if not ids:
        return {}
    seen = gives.model.visible_to(by)
    where = Condition(f"t.id = ANY({{{len(seen.args)}}}) AND {seen.sql}", (*seen.args, list(ids)))
    return {row["id"]: row for row in await gives.many(where)}


async def fill(rows: list[Row], relation: str, id_field: str, gives: type[Out], by: Actor) -> None:
    """Put the record that `id_field` names, or null, into the rows that asked for the relation."""
    asked: list[dict[str, Any]] = [row for row in rows if relation in row]
    found = await visible(gives, {row[id_field] for row in asked if row[id_field] is not None}, by)
    for row in asked:
        row[relation] = found.get(row[id_field])
