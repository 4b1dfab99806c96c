"""A form's life: made, changed, closed, removed; and found by its token."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.errors import FieldError, Findings, Invalid, NotFound
from models.forms import Form
from server.core.events import record
from server.core.system import system_unit
from server.core.view import Row
from server.forms.events import FormCreated, FormDeleted, FormUpdated
from server.forms.schemas import FormOut
from server.records import life, tags
from server.settings import custom_fields

BY_TOKEN = """
SELECT f.*, t.name AS team FROM form f JOIN team t ON t.id = f.team_id AND t.deleted_at IS NULL
WHERE f.token = $1 AND f.active
"""


async def create(values: Row, *, by: Actor) -> Row:
    """Make a form, with an address of its own."""
    await _check(values, by)
    form, row = await FormOut.add(by, **values, token=secrets.token_urlsafe(16), created_by=by.id)
    await record(FormCreated(), about=form, by=by, data=row)
    return row


async def change(id: UUID, values: Row, *, by: Actor) -> Row:
    """Change these fields."""
    form = await Form.locked(by, id=id)
    await _check({n: v for n, v in values.items() if getattr(form, n) != v}, by)
    changes, row = await FormOut.change(form, values)
    if changes:
        await record(FormUpdated(), about=form, by=by, changes=changes, data=row)
    return row


async def delete(id: UUID, *, by: Actor) -> None:
    """Remove the form; the leads that came by it stay."""
    form = await Form.locked(by, id=id)
    await record(FormDeleted(name=form.name), about=form, by=by)
    await form.remove()


async def opened(token: str) -> tuple[Form, str]:
    """The form at this address, and its team's name. Raises `NotFound` also for one that is closed."""
    async with system_unit(read_only=True) as unit:
        row = await unit.conn.fetchrow(BY_TOKEN, token)
    if row is None:
        raise NotFound("There is no such form, or it is closed.")
    return Form._from_row(row), row["team"]


async def _check(values: Row, by: Actor) -> None:
    findings = Findings()
    with findings:
        await life.check_member("assigned_to_id", values.get("assigned_to_id"), by=by)
    with findings:
        await tags.known(values.get("tag_ids", []), by=by)
    if "inputs" in values:
        with findings:
            _check_inputs(values["inputs"], await custom_fields.fields_of("lead"))
    findings.settle()


def _check_inputs(inputs: list[dict[str, Any]], known: dict[str, custom_fields.Field]) -> None:
    """Raise `Invalid` for a field of the team's own that there is not, and for one without which no lead is taken."""
    asked = {one["to"].removeprefix("custom."): place for place, one in enumerate(inputs) if one["to"][:7] == "custom."}
    wrong = [
        FieldError(f"inputs[{place}].to", "unknown_field", "Leads have no such field.")
        for key, place in asked.items()
        if key not in known
    ]
    wrong += [
        FieldError("inputs", "required", f"Every lead needs the field custom.{key}; ask for it.")
        for key, field in known.items()
        if field.required and key not in asked
    ]
    if wrong:
        raise Invalid(*wrong)
