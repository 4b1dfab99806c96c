"""The life of a record of any kind: made, changed, removed, each told once to whoever may read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.base import Condition
from models.db import connection
from models.errors import Findings, wrong
from models.records import Activity, Owned
from server.core.events import record
from server.core.schemas import In
from server.core.view import Row
from server.records.hearers import hearers
from server.records.kinds import Kind
from server.settings import custom_fields

TAG_ALL = """
INSERT INTO tagging (team_id, subject_id, tag_id) SELECT $1, s, g FROM unnest($2::uuid[], $3::uuid[]) AS w(s, g)
ON CONFLICT DO NOTHING
"""
IN_TEAM = "SELECT EXISTS (SELECT 1 FROM member WHERE team_id = $1 AND user_id = $2 AND left_at IS NULL)"


async def add(
    kind: Kind, values: Row, *, by: Actor, findings: Findings | None = None, **detail: Any
) -> tuple[Any, Row]:
    """Make a record; gives it, and as REST shows it. What the caller found is told with what is found here."""
    findings = findings or Findings()
    with findings:
        values = values | {"custom": await custom_fields.check(kind.model.noun, values["custom"], by)}
    for name in _people(kind):
        with findings:
            await check_member(name, values.get(name), by=by)
    findings.settle()
    made, row = await kind.gives.add(by, **values, created_by=by.id if by.kind == "user" else None)
    await record(kind.created(hearers=await hearers(made, by), **detail), about=made, by=by, data=row)
    return made, row


async def add_all(kind: Kind, many: Sequence[Row], tagged: Sequence[tuple[UUID, UUID]], *, by: Actor) -> list[Row]:
    """Make many records at once, `tagged` with these tags (record, tag), each told of; gives them as REST shows them.

    The caller has made their ids and checked their values as `add` does.
    """
    made = await kind.model.insert_all(by, [v | {"created_by": by.id if by.kind == "user" else None} for v in many])
    if tagged:
        await connection().execute(TAG_ALL, by.team_id, *map(list, zip(*tagged, strict=True)))
    rows = await kind.gives.many(Condition("t.id = ANY({0})", ([one.id for one in made],)))
    shown = {row["id"]: row for row in rows}
    for one in made:
        await record(kind.created(hearers=await hearers(one, by)), about=one, by=by, data=shown[one.id])
    return [shown[one.id] for one in made]


async def change(
    kind: Kind,
    found: Owned,
    values: Row,
    *,
    by: Actor,
    replace: bool = False,
    beside: dict[str, list[Any]] | None = None,
    findings: Findings | None = None,
) -> Row:
    """Change these fields of the locked record, or `replace` the team's own fields, too.

    `beside` are changes of what it shows of another record, written there already; `findings` as in `add`.
    """
    findings = findings or Findings()
    if "custom" in values:
        with findings:
            custom = await custom_fields.check(
                kind.model.noun, values["custom"], by, existing=found.custom, replace=replace
            )
            values = values | {"custom": custom}
    for name in _people(kind):
        if values.get(name) != getattr(found, name):
            with findings:
                await check_member(name, values.get(name), by=by)
    findings.settle()
    heard = set(await hearers(found, by))
    changes, row = await kind.gives.change(found, values, touch=bool(beside))
    return await tell_changed(kind, found, changes | (beside or {}), row, by=by, heard=heard)


async def tell_changed(
    kind: Kind, found: Owned, changes: dict[str, list[Any]], row: Row, *, by: Actor, heard: set[UUID] | None = None
) -> Row:
    """Record what a write changed; who `heard` of it until now and sees it no more is told that it left them."""
    if changes:
        hearing = await hearers(found, by)
        await record(kind.updated(hearers=hearing), about=found, by=by, changes=changes, data=row)
        lost = tuple(sorted((heard or set()) - set(hearing)))
        if lost and kind.left is not None:
            await record(kind.left(name=await found.label(), hearers=lost), about=found, by=by)
    return row


async def followed(kind: Kind, id: UUID, activity: Activity, *, by: Actor) -> None:
    """Change of the record what a logged activity changes."""
    if kind.follows is not None:
        found = await kind.model.locked(by, id=id)
        changes, row = await kind.gives.change(found, kind.follows(found, activity))
        await tell_changed(kind, found, changes, row, by=by)


async def remove(kind: Kind, id: UUID, *, by: Actor) -> None:
    """Remove the record with what hangs on it. Raises `Conflict` (still_referenced) while others name it."""
    await drop(kind, await kind.model.locked(by, id=id), by=by)


async def drop(kind: Kind, found: Owned, *, by: Actor) -> None:
    """The same for a record that is held already."""
    await record(kind.deleted(name=await found.label(), hearers=await hearers(found, by)), about=found, by=by)
    await found.remove()


async def check_member(field: str, user_id: UUID | None, *, by: Actor) -> None:
    """Raise `Invalid` unless the id names somebody on the team."""
    if user_id is not None and not await connection().fetchval(IN_TEAM, by.team_id, user_id):
        raise wrong(field, "not_found", "Nobody on the team has this id.")


async def check_visible(field: str, model: type[Owned], id: UUID | None, *, by: Actor) -> None:
    """Raise `Invalid` unless the id names a record that the actor may see."""
    if id is not None and not (by.may(f"{model.kinds}:read") and await model.is_visible(by, id)):
        raise wrong(field, "not_found", f"There is no such {model.noun}.")


def sent(body: In, *nested: str) -> Row:
    """The fields that a PATCH carried; of the nested ones only what was sent of them."""
    values = body.model_dump(include=body.model_fields_set)
    return values | {n: getattr(body, n).model_dump(exclude_unset=True) for n in nested if n in values}


def merged(found: Owned, values: Row, *nested: str) -> Row:
    """The values with the nested ones completed by what the record has."""
    return values | {n: getattr(found, n) | values[n] for n in nested if n in values}


def _people(kind: Kind) -> list[str]:
    return [name for name in kind.model.own if name != "created_by"]
