"""The pipeline: every stage with its leads, counts and values, as of a seq of the room of leads."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from models.actors import Actor
from models.base import Condition
from models.db import connection
from models.leads import Lead
from models.money import from_minor
from server.core import log
from server.core.amounts import team_currency
from server.core.rooms import kind_room, member_room
from server.core.view import Row
from server.leads.schemas import STATUSES, LeadOut, PipelineQuery

SUMS = """
SELECT t.status, t.stage, t.currency, count(*) AS count, coalesce(sum(t.value), 0)::bigint AS value
FROM lead t WHERE {where} GROUP BY t.status, t.stage, t.currency ORDER BY t.currency
"""
CARDS = """
SELECT {select} FROM (
    SELECT t.*, row_number() OVER (PARTITION BY t.status, t.stage ORDER BY t.updated_at DESC, t.id DESC) AS place
    FROM lead t WHERE {where}
) t WHERE t.place <= ${limit} ORDER BY t.place
"""
Place = tuple[str, str]


async def read(query: PipelineQuery, *, by: Actor) -> Row:
    """The pipeline of the leads that the actor may see."""
    where = _where(query, by)
    sums = await connection().fetch(SUMS.format(where=where.numbered(1)), *where.args)
    cards = await _cards(where, query.limit)
    ours = await team_currency(by)
    places = {(status, status) for status in STATUSES} | {(r["status"], r["stage"]) for r in sums}
    room = kind_room(Lead.kinds, by.team_id) if by.sees_all(Lead.kinds) else member_room(by.member_id)
    at = await log.head(room)
    return {
        "stages": [
            _stage(p, [r for r in sums if (r["status"], r["stage"]) == p], cards[p], ours) for p in _order(places)
        ],
        "count": sum(r["count"] for r in sums),
        "room": at.room,
        "epoch": at.epoch,
        "seq": at.seq,
    }


def _order(places: set[Place]) -> list[Place]:
    """By status; in each its own stage first, then the team's, by name."""
    return sorted(places, key=lambda p: (STATUSES.index(p[0]), p[0] != p[1], p[1]))


def _stage(place: Place, sums: list[Any], cards: list[Row], ours: str) -> Row:
    values = {r["currency"]: r["value"] for r in sums}
    return {
        "stage": place[1],
        "status": place[0],
        "count": sum(r["count"] for r in sums),
        "value": from_minor(values.get(ours, 0), ours),
        "currency": ours,
        "values": [{"currency": c, "value": from_minor(v, c)} for c, v in values.items()],
        "leads": cards,
    }


async def _cards(where: Condition, limit: int) -> dict[Place, list[Row]]:
    sql = CARDS.format(select=LeadOut.select, where=where.numbered(1), limit=len(where.args) + 1)
    cards: dict[Place, list[Row]] = defaultdict(list)
    for row in await connection().fetch(sql, *where.args, limit):
        cards[row["status"], row["stage"]].append(LeadOut.row(row))
    return cards


def _where(query: PipelineQuery, by: Actor) -> Condition:
    seen = Lead.visible_to(by)
    parts, args = [seen.sql], list(seen.args)
    for name in ("assigned_to_id", "source"):
        if (value := getattr(query, name)) is not None:
            parts.append(f"t.{name} = {{{len(args)}}}")
            args.append(value)
    if query.q.strip():
        parts.append(f"t.id IN (SELECT lead_search_ids({{{len(args)}}}))")
        args.append(query.q)
    return Condition(" AND ".join(f"({p})" for p in parts), tuple(args))
