"""What a team's proposals add up to: sent, seen, won, how long it took, what they are worth."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.actors import Actor
from models.db import connection
from models.errors import wrong
from models.money import from_minor
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.schemas import Day, In
from server.core.view import Row

routes = Routes("/api/analytics/proposals", tag="analytics")
# Each proposal once, by when its first version was sent; seconds from what was sent last to its being opened, signed.
# It was seen when any version of it was, and is worth what was sent last, not what is being written.
COUNTS = """
SELECT count(*) AS sent,
    count(*) FILTER (WHERE opened_at IS NOT NULL OR EXISTS (SELECT 1 FROM proposal_visit s WHERE s.team_id = p.team_id
        AND s.proposal_id = p.id AND s.confidence <> 'none' AND s.visible_ms > 0)) AS seen,
    count(*) FILTER (WHERE status = 'accepted') AS won,
    count(*) FILTER (WHERE status = 'declined') AS declined,
    count(*) FILTER (WHERE status = 'expired') AS expired,
    count(*) FILTER (WHERE status = 'withdrawn') AS withdrawn,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM p.opened_at - p.sent_at)::bigint) AS to_open,
    percentile_disc(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM p.accepted_at - p.sent_at)::bigint) AS to_sign
FROM proposal p JOIN proposal_version v ON v.team_id = p.team_id AND v.proposal_id = p.id AND v.number = 1
WHERE p.team_id = $1 AND v.sent_at >= $2 AND v.sent_at < $3
"""
VALUES = """
SELECT l.currency, sum(l.total)::bigint AS sent,
    coalesce(sum(l.total) FILTER (WHERE p.status = 'accepted'), 0)::bigint AS won,
    coalesce(sum(l.total) FILTER (WHERE p.status IN ('sent', 'opened')), 0)::bigint AS open
FROM proposal p JOIN proposal_version v ON v.team_id = p.team_id AND v.proposal_id = p.id AND v.number = 1
CROSS JOIN LATERAL (SELECT total, currency FROM proposal_version w WHERE w.team_id = p.team_id AND w.proposal_id = p.id
    ORDER BY w.number DESC LIMIT 1) l
WHERE p.team_id = $1 AND v.sent_at >= $2 AND v.sent_at < $3
GROUP BY l.currency ORDER BY l.currency
"""
FIRST, LAST = date(2000, 1, 1), date(9000, 1, 1)


class PeriodQuery(In):
    """Proposals that were first sent from one day to another, both included; all where left out."""

    model_config = ConfigDict(populate_by_name=True)

    from_: Annotated[Day, Field(alias="from")] = FIRST
    to: Day = LAST


class ValueOut(BaseModel):
    """Decimal strings in one currency: of all that was sent, of what was won, of what still waits for an answer."""

    currency: str
    sent: str
    won: str
    open: str


class ProposalNumbers(BaseModel):
    """Counts of proposals by what has become of them; medians in seconds, null without any."""

    sent: int
    seen: int
    won: int
    declined: int
    expired: int
    withdrawn: int
    win_rate: float | None
    seconds_to_open: int | None
    seconds_to_sign: int | None
    values: list[ValueOut]


@routes.get("", can=Can.PROPOSALS_READ, gives=ProposalNumbers)
async def numbers(ctx: Context, query: PeriodQuery) -> Row:
    """Proposals sent, seen and won, the time to open and to sign, and their value."""
    if query.to < query.from_:
        raise wrong("to", "before_start", "Lies before from.")
    return await read(query.from_, query.to, by=ctx.actor)


async def read(first: date, last: date, *, by: Actor) -> Row:
    """The numbers of proposals first sent in these days."""
    between = (datetime.combine(first, time(), UTC), datetime.combine(last + timedelta(days=1), time(), UTC))
    row = await connection().fetchrow(COUNTS, by.team_id, *between)
    values = await connection().fetch(VALUES, by.team_id, *between)
    assert row is not None  # an aggregate gives one row
    decided = row["won"] + row["declined"] + row["expired"] + row["withdrawn"]
    counts = {n: row[n] for n in ("sent", "seen", "won", "declined", "expired", "withdrawn")}
    return counts | {
        "win_rate": round(row["won"] / decided, 4) if decided else None,
        "seconds_to_open": row["to_open"],
        "seconds_to_sign": row["to_sign"],
        "values": [_value(v) for v in values],
    }


def _value(row: Row) -> Row:
    return {"currency": row["currency"]} | {n: from_minor(row[n], row["currency"]) for n in ("sent", "won", "open")}
