"""Tags, and what they are put on: records of any kind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict, FieldError, Invalid, NotFound
from models.records import Owned, Tag
from server.core.events import record
from server.core.problems import constraint
from server.core.view import Row
from server.records.events import TagCreated, TagDeleted, TagUpdated
from server.records.kinds import Kind
from server.records.life import tell_changed
from server.records.schemas import MAX_TAGS, TAGS, TagOut

BY_NAME = "SELECT id, lower(name) AS name FROM tag WHERE team_id = $1 AND lower(name) = ANY($2) AND deleted_at IS NULL"
KNOWN = "SELECT id FROM tag WHERE team_id = $1 AND id = ANY($2) AND deleted_at IS NULL FOR KEY SHARE"
PUT_ON = """
INSERT INTO tagging (team_id, subject_id, tag_id) SELECT $1, $2, id FROM unnest($3::uuid[]) AS id ON CONFLICT DO NOTHING
"""
# A tag that both have is there once.
PUT_ALL_ON = """
INSERT INTO tagging (team_id, subject_id, tag_id)
SELECT team_id, $3, tag_id FROM tagging WHERE team_id = $1 AND subject_id = $2 ON CONFLICT DO NOTHING
"""
TOO_MANY = """
SELECT count(*) > $3 FROM tagging x JOIN tag g ON g.team_id = x.team_id AND g.id = x.tag_id AND g.deleted_at IS NULL
WHERE x.team_id = $1 AND x.subject_id = $2
"""
TAKE_OFF = "DELETE FROM tagging WHERE team_id = $1 AND subject_id = $2 AND tag_id = $3 RETURNING 1"

constraint("tag_name", lambda: Conflict("There is a tag with this name already.", code="name_taken"))


# ---- tags themselves ----


async def create(values: Row, *, by: Actor) -> Row:
    """Make a tag. Raises `Conflict` (name_taken)."""
    tag, row = await TagOut.add(by, **values)
    await record(TagCreated(), about=tag, by=by, data=row)
    return row


async def delete(id: UUID, *, by: Actor) -> None:
    """Delete the tag; it is gone from all records that had it."""
    tag = await Tag.locked(by, id=id)
    await tag.change(deleted_at=now())
    await record(TagDeleted(name=tag.name), about=tag, by=by)


async def replace(id: UUID, values: Row, *, by: Actor) -> Row:
    """Rename or colour the tag, on all records that have it."""
    tag = await Tag.locked(by, id=id)
    changes, row = await TagOut.change(tag, values)
    if changes:
        await record(TagUpdated(), about=tag, by=by, changes=changes, data=row)
    return row


# ---- on records ----


async def put_on(kind: Kind, id: UUID, tag_ids: list[UUID], names: list[str], *, by: Actor) -> Row:
    """Put tags on the record, new ones among them; gives the record."""
    found = await kind.model.locked(by, id=id)
    wanted = await known(tag_ids, by=by) + await _named(names, by)
    before = await shown(found)
    await connection().execute(PUT_ON, found.team_id, id, wanted)
    await _check_count(found)
    return await _tell(kind, found, before, by)


async def take_off(kind: Kind, id: UUID, tag_id: UUID, *, by: Actor) -> None:
    """Take a tag off the record. Raises `NotFound` when it has none such."""
    found = await kind.model.locked(by, id=id)
    before = await shown(found)
    if not await connection().fetchval(TAKE_OFF, found.team_id, id, tag_id):
        raise NotFound("The record has no such tag.")
    await _tell(kind, found, before, by)


async def hand_over(gone: Owned, kept: Owned) -> list[Any]:
    """Put the tags of one record on another, too; gives the other's tags as they were, and as they are.

    Raises `Conflict` (too_many_tags) when that is more than a record can have.
    """
    before = await shown(kept)
    await connection().execute(PUT_ALL_ON, gone.team_id, gone.id, kept.id)
    await _check_count(kept)
    return [before, await shown(kept)]


async def shown(found: Owned) -> Any:
    """The record's tags, as REST shows them."""
    sql = f"SELECT {TAGS.sql} FROM {found.table()} t WHERE t.id = $1"
    return msgspec.json.decode(str(await connection().fetchval(sql, found.id)))


async def _check_count(found: Owned) -> None:
    if await connection().fetchval(TOO_MANY, found.team_id, found.id, MAX_TAGS):
        raise Conflict(f"A record has at most {MAX_TAGS} tags.", code="too_many_tags")


async def known(ids: list[UUID], *, by: Actor) -> list[UUID]:
    """The tags that there are of these. Raises `Invalid` that names each that there is not."""
    known = await present(ids, by=by)
    if wrong := [i for i, id in enumerate(ids) if id not in known]:
        raise Invalid(*(FieldError(f"tag_ids[{i}]", "not_found", "There is no such tag.") for i in wrong))
    return known


async def present(ids: list[UUID], *, by: Actor) -> list[UUID]:
    """Those of these tags that were not deleted."""
    return [row["id"] for row in await connection().fetch(KNOWN, by.team_id, ids)]


async def _named(names: list[str], by: Actor) -> list[UUID]:
    folded = {name.lower(): name for name in reversed(names)}
    found = {r["name"]: r["id"] for r in await connection().fetch(BY_NAME, by.team_id, list(folded))}
    for key, name in folded.items():
        if key not in found:
            found[key] = (await create({"name": name}, by=by))["id"]
    return list(found.values())


async def _tell(kind: Kind, found: Owned, before: Any, by: Actor) -> Row:
    after = await shown(found)
    if after == before:
        return await kind.gives.of(found)
    _, row = await kind.gives.change(found, {}, touch=True)
    return await tell_changed(kind, found, {"tags": [before, after]}, row, by=by)
