"""Asking the index; what it finds is answered only through `visible_to`, the door to every row."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from models.actors import Actor
from models.base import Condition
from models.db import connection
from server.contacts.phones import e164, team_country
from server.core.view import Row
from server.search.kinds import KINDS, Found
from server.search.schemas import MAX_QUERY, SearchQuery
from server.search.snippets import snippet, words_of

# So many are ranked at most. A query that finds more ranks those of them that begin like it, and any others.
MOST = 1000
NUMBER = re.compile(r"\+?[\d\s()./-]{4,}")
WHOLE = "t.team_id = {0}"


@dataclass(slots=True)
class Asked:
    """A statement as it is put together: its arguments, numbered as they come."""

    args: list[Any] = field(default_factory=list)

    def mark(self, value: Any) -> str:
        self.args.append(value)
        return f"${len(self.args)}"

    def visible(self, found: Found, by: Actor) -> str:
        condition: Condition = found.model.visible_to(by)
        sql = condition.numbered(len(self.args) + 1)
        self.args.extend(condition.args)
        return sql


async def search(query: SearchQuery, *, by: Actor) -> Row:
    """The records of these kinds that the words are found in, the best first."""
    kinds = [KINDS[kind] for kind in query.wanted if (can := KINDS[kind].can) is None or by.may(can)]
    q = query.q.strip()[:MAX_QUERY]
    if not q or not kinds:
        return {"items": []}
    hits = await _found(kinds, q, query.limit, by)
    shown = await _shown(hits, by)
    words = words_of(q)
    return {"items": [_item(hit, shown, words) for hit in hits if hit["id"] in shown]}


# ---- what is found ----


async def _found(kinds: list[Found], q: str, limit: int, by: Actor) -> list[Row]:
    number = await _number(q, by)
    hits, many = await _asked("search_find", kinds, [q, number], limit, by)
    if many and by.scoped:
        # What they may see can lie beyond the first thousand: only that is looked through.
        hits, _ = await _asked("search_find", kinds, [q, number], limit, by, within=True)
    if not hits:
        hits, many = await _asked("search_alike", kinds, [q], limit, by)
        if many and by.scoped:
            hits, _ = await _asked("search_alike", kinds, [q], limit, by, within=True)
    return hits


async def _number(q: str, by: Actor) -> str | None:
    """The digits of a query that is a phone number, as the index has them."""
    if NUMBER.fullmatch(q) is None:
        return None
    number = e164(q, await team_country(by)) or q
    return re.sub(r"\D", "", number).lstrip("0") or None


async def _asked(
    function: str, kinds: list[Found], said: list[Any], limit: int, by: Actor, *, within: bool = False
) -> tuple[list[Row], bool]:
    """What the function finds that the actor may see, and whether it finds as much as it may."""
    asked = Asked()
    given = [asked.mark(value) for value in said]
    parts = [found for found in kinds if within and found.model.visible_to(by).sql != WHOLE]
    given.append(asked.mark([found.kind for found in kinds if found not in parts]))
    theirs = " UNION ALL ".join(f"SELECT t.id FROM {f.model.table()} t WHERE {asked.visible(f, by)}" for f in parts)
    given += [f"ARRAY({theirs})" if theirs else "'{}'::uuid[]", asked.mark(MOST)]
    seen = " UNION ALL ".join(
        f"SELECT h.* FROM hit h JOIN {f.model.table()} t ON t.id = h.id "
        f"WHERE h.kind = '{f.kind}' AND {asked.visible(f, by)}"
        for f in kinds
    )
    sql = (
        f"WITH hit AS MATERIALIZED (SELECT * FROM {function}({', '.join(given)})), seen AS ({seen}), "
        f"best AS (SELECT * FROM seen ORDER BY score DESC, id DESC LIMIT {asked.mark(limit)}) "
        "SELECT (SELECT count(*) FROM hit) AS many, (SELECT json_agg(best) FROM best) AS best"
    )
    row = await connection().fetchrow(sql, *asked.args)
    assert row is not None  # aggregates without groups are one row
    hits = msgspec.json.decode(row["best"] or "[]")
    return [hit | {"id": UUID(hit["id"])} for hit in hits], row["many"] >= MOST


# ---- how it is shown ----


async def _shown(hits: Iterable[Row], by: Actor) -> dict[UUID, Row]:
    """Title, texts and subject of each, by id; what hangs on another record is titled by that one."""
    shown = await _texts([(hit["kind"], hit["id"]) for hit in hits])
    above = [(row["subject_kind"], row["subject_id"]) for row in shown.values() if row["subject_id"] is not None]
    titles = await _texts(above)
    for row in shown.values():
        if row["subject_id"] in titles:
            row["title"] = titles[row["subject_id"]]["title"]
    return shown


async def _texts(named: list[tuple[str, UUID]]) -> dict[UUID, Row]:
    if not named:
        return {}
    asked = Asked()
    parts = [
        f"SELECT t.id, f.title, f.texts, {found.tags} AS tags, {found.subject[0]} AS subject_kind, "
        f"{found.subject[1]} AS subject_id FROM {found.model.table()} t, {found.texts} "
        f"WHERE t.id = ANY({asked.mark([id for kind, id in named if kind == found.kind])})"
        for found in map(KINDS.__getitem__, dict.fromkeys(kind for kind, _ in named))
    ]
    return {row["id"]: dict(row) for row in await connection().fetch(" UNION ALL ".join(parts), *asked.args)}


def _item(hit: Row, shown: dict[UUID, Row], words: list[str]) -> Row:
    row = shown[hit["id"]]
    subject = {"kind": row["subject_kind"], "id": row["subject_id"]} if row["subject_id"] else None
    return {
        "kind": hit["kind"],
        "id": hit["id"],
        "title": row["title"] or "",
        "snippet": snippet(words, row["texts"], row["tags"], row["title"]),
        "score": round(hit["score"], 3),
        "subject": subject,
    }
