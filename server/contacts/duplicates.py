"""Contacts that may be one and the same: those that share an address or a number first, then those called alike."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, Field

from models.actors import Actor
from models.base import Condition
from models.contacts import Contact
from models.db import connection
from models.errors import wrong
from server.contacts.schemas import ContactOut
from server.core.pages import DEFAULT_LIMIT, MAX_LIMIT
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.schemas import In
from server.core.view import Row

routes = Routes("/api/contacts/duplicates", tag="contacts")

# How sure each makes it; several together leave less doubt.
WEIGHTS = {"email": 0.9, "phone": 0.8, "name": 0.7}
ALIKE = 0.6
# So many contacts are compared by name in one request.
EXAMINED = 100

VISIBLE = "(SELECT t.id FROM contact t WHERE {})"
SHARED = """
SELECT a.subject_id AS id, b.subject_id AS other, array_agg(a.type ORDER BY a.type, a.value) AS fields,
    array_agg(a.value ORDER BY a.type, a.value) AS values
FROM subject_key a JOIN subject_key b ON b.team_id = a.team_id AND b.type = a.type AND b.value = a.value
    AND b.subject_id < a.subject_id
WHERE a.subject_id IN {visible} AND b.subject_id IN {visible}
    AND (${after}::uuid IS NULL OR (a.subject_id, b.subject_id) < (${after}, ${other}))
GROUP BY 1, 2 ORDER BY 1 DESC, 2 DESC LIMIT ${limit}
"""
NEXT = "SELECT t.id FROM contact t WHERE {visible} AND (${after}::uuid IS NULL OR t.id < ${after}) "
NEXT += "ORDER BY t.id DESC LIMIT ${limit}"
NAMESAKES = """
SELECT n.id, n.other, n.alike FROM contact_namesakes(${ids}) n WHERE n.other IN {visible} AND NOT EXISTS (
    SELECT 1 FROM subject_key a JOIN subject_key b ON b.team_id = a.team_id AND b.type = a.type AND b.value = a.value
    WHERE a.subject_id = n.id AND b.subject_id = n.other)
ORDER BY n.id DESC, n.alike DESC, n.other DESC
"""
ALIKE_NAMES = """
SELECT p.id, p.other, name_alike(c.name, o.name) FROM unnest($1::uuid[], $2::uuid[]) AS p(id, other)
JOIN contact c ON c.id = p.id JOIN contact o ON o.id = p.other
"""

Step = Literal["keys", "names"]
Cursor = tuple[Step, UUID | None, UUID | None]
Pair = tuple[UUID, UUID]


class DuplicatesQuery(In):
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=300)


class ReasonOut(BaseModel):
    """What the two share: an e-mail address, a phone number; or how alike their names are, from 0 to 1."""

    field: Literal["email", "phone", "name"]
    value: str


class DuplicateOut(BaseModel):
    """Two contacts that may be one; `contact` is the newer."""

    score: float
    reasons: list[ReasonOut]
    contact: ContactOut
    other: ContactOut


class DuplicatesOut(BaseModel):
    """A page may have fewer items than asked for, or none, while there is a `next_cursor`."""

    items: list[DuplicateOut]
    next_cursor: str | None


@routes.get("", can=Can.CONTACTS_READ, gives=DuplicatesOut)
async def duplicates(ctx: Context, query: DuplicatesQuery) -> Row:
    """Contacts that may be one and the same, with why: shared addresses and numbers first, then alike names."""
    return await page(query.limit, _read(query.cursor), by=ctx.actor)


async def page(limit: int, cursor: Cursor, *, by: Actor) -> Row:
    """A page of pairs, and where to go on."""
    step, after, other = cursor
    reasons: dict[Pair, list[Row]] = {}
    if step == "keys":
        reasons = await _sharing(limit + 1, after, other, by)
        if len(reasons) > limit:
            reasons.popitem()
            return await _answer(reasons, ("keys", *list(reasons)[-1]), by)
        after = None
    named, at = await _namesakes(limit - len(reasons), after, by)
    return await _answer(reasons | named, ("names", at, None) if at else None, by)


async def _sharing(limit: int, after: UUID | None, other: UUID | None, by: Actor) -> dict[Pair, list[Row]]:
    """Pairs that share an address or a number, the newest first."""
    visible, args = _visible(by)
    sql = SHARED.format(visible=VISIBLE.format(visible), after=len(args) + 1, other=len(args) + 2, limit=len(args) + 3)
    rows = await connection().fetch(sql, *args, after, other, limit)
    found: dict[Pair, list[Row]] = {}
    for row in rows:
        given = zip(row["fields"], row["values"], strict=True)
        found[row["id"], row["other"]] = [{"field": field, "value": value} for field, value in given]
    alike = await connection().fetch(ALIKE_NAMES, [id for id, _ in found], [id for _, id in found]) if found else []
    for id, other_id, how in alike:
        if how >= ALIKE:
            found[id, other_id].append(_by_name(how))
    return found


async def _namesakes(limit: int, after: UUID | None, by: Actor) -> tuple[dict[Pair, list[Row]], UUID | None]:
    """Pairs of those that come next and are called alike, and the last that was looked at, if there are more."""
    if limit <= 0:
        return {}, after or UUID(int=2**128 - 1)
    visible, args = _visible(by)
    sql = NEXT.format(visible=visible, after=len(args) + 1, limit=len(args) + 2)
    ids = [row["id"] for row in await connection().fetch(sql, *args, after, EXAMINED)]
    sql = NAMESAKES.format(visible=VISIBLE.format(visible), ids=len(args) + 1)
    of: dict[UUID, dict[Pair, list[Row]]] = {}
    for id, other, alike in await connection().fetch(sql, *args, ids):
        of.setdefault(id, {})[id, other] = [_by_name(alike)]
    found: dict[Pair, list[Row]] = {}
    last = None
    for id in ids:
        if found and len(found) + len(of.get(id, {})) > limit:
            return found, last
        found |= dict(list(of.get(id, {}).items())[:limit])
        last = id
    return found, last if len(ids) == EXAMINED else None


def _by_name(alike: float) -> Row:
    return {"field": "name", "value": f"{alike:.2f}"}


def _visible(by: Actor) -> tuple[str, tuple[Any, ...]]:
    condition: Condition = Contact.visible_to(by)
    return condition.numbered(1), condition.args


async def _answer(reasons: dict[Pair, list[Row]], cursor: Cursor | None, by: Actor) -> Row:
    ids = list({id for pair in reasons for id in pair})
    shown = {row["id"]: row for row in await ContactOut.many(Condition("t.id = ANY({0})", (ids,)))}
    items = [
        {"score": _score(why), "reasons": why, "contact": shown[id], "other": shown[other]}
        for (id, other), why in reasons.items()
    ]
    return {"items": items, "next_cursor": cursor and _written(cursor)}


def _score(reasons: list[Row]) -> float:
    doubt = 1.0
    for reason in reasons:
        sure = float(reason["value"]) if reason["field"] == "name" else 1.0
        doubt *= 1 - WEIGHTS[reason["field"]] * sure
    return round(1 - doubt, 3)


def _written(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _read(text: str | None) -> Cursor:
    if text is None:
        return ("keys", None, None)
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=Cursor)
    except (msgspec.MsgspecError, binascii.Error, ValueError):
        raise wrong("cursor", "wrong_value", "This is not a cursor of this list.") from None
