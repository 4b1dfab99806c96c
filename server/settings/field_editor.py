"""The team's own fields: added, changed, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from slugify import slugify

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict, Findings, wrong
from models.money import places
from models.settings import CustomField
from server.core.events import record
from server.core.problems import constraint
from server.core.view import Row
from server.settings.custom_field_schemas import CustomFieldIn, CustomFieldOut, CustomFieldPut
from server.settings.events import CustomFieldCreated, CustomFieldDeleted, CustomFieldUpdated

WITH_OPTIONS = ("select", "multi_select")
MAX_FIELDS = 100
PLACE = """
SELECT count(*) FILTER (WHERE deleted_at IS NULL) AS fields, coalesce(max(position) + 1, 0) AS last
FROM custom_field WHERE team_id = $1 AND entity = $2
"""
FIND = "SELECT * FROM custom_field WHERE team_id = $1 AND entity = $2 AND key = $3 FOR UPDATE"


def _taken() -> Conflict:
    return Conflict("There is a field with this key, or there was one of another type.", code="key_taken")


constraint("custom_field_team_id_entity_key_key", _taken)


async def add(body: CustomFieldIn, *, by: Actor) -> Row:
    """Add a field. Raises `Conflict` (key_taken) also where a deleted field of another type had the key."""
    [place] = await connection().fetch(PLACE, by.team_id, body.entity)
    if place["fields"] >= MAX_FIELDS:
        raise Conflict(f"At most {MAX_FIELDS} fields.", code="too_many_fields")
    values, findings = body.model_dump(), Findings()
    with findings:
        values["key"] = body.key or _key_of(body.label)
    with findings:
        values["currency"] = await _currency(body, by=by)
    with findings:
        _check_options(body.type, body.options)
    findings.settle()
    values["position"] = place["last"] if body.position is None else body.position
    field = await _insert_or_revive(values, by=by)
    await record(CustomFieldCreated(label=field.label), about=field, by=by)
    return await CustomFieldOut.of(field)


async def _insert_or_revive(values: dict[str, Any], *, by: Actor) -> CustomField:
    row = await connection().fetchrow(FIND, by.team_id, values["entity"], values["key"])
    if row is None:
        return await CustomField.add(by, **values)
    found = CustomField._from_row(row)
    # Records may still hold values of the deleted one; they must fit the new one.
    if found.deleted_at is None or (found.type, found.currency) != (values["type"], values["currency"]):
        raise _taken()
    await found.change(**values, deleted_at=None)
    return found


async def replace(id: UUID, body: CustomFieldPut, *, by: Actor) -> Row:
    """Replace the editable fields. Raises `Invalid` (read_only) where what values depend on would change."""
    field = await CustomField.locked(by, id=id)
    fixed = {n: getattr(body, n) for n in ("entity", "key", "type", "currency")}
    findings = Findings()
    for name in [n for n, v in fixed.items() if v is not None and v != getattr(field, n)]:
        findings.add(name, "read_only", "Cannot be changed; add another field.")
    with findings:
        _check_options(field.type, body.options)
    findings.settle()
    values = {"label": body.label, "options": body.options, "required": body.required}
    if body.position is not None:
        values["position"] = body.position
    changes = await field.change(**values)
    if changes:
        await record(CustomFieldUpdated(label=field.label), about=field, by=by, changes=changes)
    return await CustomFieldOut.of(field)


async def delete(id: UUID, *, by: Actor) -> None:
    """Delete the field; the values that records hold stay stored, unseen."""
    field = await CustomField.locked(by, id=id)
    await field.change(deleted_at=now())
    event = CustomFieldDeleted(entity=field.entity, key=field.key, label=field.label)
    await record(event, about=field, by=by)


def _key_of(label: str) -> str:
    key = slugify(label, separator="_")[:40].strip("_")
    if not key or not key[0].isalpha():
        raise wrong("key", "required", "No key can be made of this label; choose one.")
    return key


def _check_options(type: str, options: list[str]) -> None:
    if type in WITH_OPTIONS and not options:
        raise wrong("options", "required", "Name at least one option.")
    if type not in WITH_OPTIONS and options:
        raise wrong("options", "not_allowed", f"A field of type {type} has no options.")


async def _currency(body: CustomFieldIn, *, by: Actor) -> str | None:
    """The currency of a money field: the team's unless it names its own."""
    if body.type != "money":
        if body.currency is not None:
            raise wrong("currency", "not_allowed", "Only money has a currency.")
        return None
    if body.currency is None:
        return str(await connection().fetchval("SELECT currency FROM team WHERE id = $1", by.team_id))
    try:
        places(body.currency)
    except ValueError as error:
        raise wrong("currency", "unknown_currency", f"{error}.") from None
    return body.currency
