"""What becomes of the records of somebody who has left the team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.db import connection
from models.identity import Member
from models.records import owned_kinds
from server.core.bulk import AT_ONCE
from server.core.events import record
from server.forms import service as forms
from server.records import life
from server.records.kinds import kind_named
from server.teams.events import RecordsHandedOver
from tasks.context import JobContext
from tasks.registry import Args, job

GONE = """
SELECT m.*, u.name FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.team_id = $1 AND m.user_id = $2 AND m.left_at IS NOT NULL
"""
STAYS = """
SELECT m.id, m.user_id, u.name FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.team_id = $1 AND m.user_id = $2 AND m.left_at IS NULL
"""
OWNERS = "SELECT id FROM member WHERE team_id = $1 AND left_at IS NULL AND role = 'owner' ORDER BY id"
THEIRS = "SELECT t.* FROM {table} t WHERE t.team_id = $1 AND t.{column} = $2 ORDER BY t.id LIMIT $3 FOR UPDATE OF t"
FORMS = "SELECT id FROM form WHERE team_id = $1 AND assigned_to_id = $2 ORDER BY id"


class HandOverArgs(Args):
    """`to` is the user who gets them; nobody, when they are gone as well."""

    user_id: UUID
    to: UUID | None


@dataclass(frozen=True, slots=True)
class HandOver:
    """Who is gone, and who gets what was theirs, if anybody."""

    gone: Any
    to: Any

    @property
    def to_id(self) -> UUID | None:
        return self.to["user_id"] if self.to else None


@job("hand_over_records", quiet=True)
async def hand_over_records(ctx: JobContext, args: HandOverArgs) -> dict[str, int]:
    """Give what the person owned to another member, or to nobody, in steps; each record tells of it.

    A step that is done again finds only what is left. Who has come back keeps the rest.
    """
    by, count = ctx.actor, 0
    assert by is not None  # the job was asked for in a team
    for noun, column in _owning():
        moved = AT_ONCE
        while moved == AT_ONCE:
            async with ctx.unit(final=False):
                moved = await _step(noun, column, args, by)
            count += moved
    async with ctx.unit():
        count += await _forms(args, by)
        await _tell(args, count, by)
        ctx.result = {"handed_over": count}
    return ctx.result


def _owning() -> list[tuple[str, str]]:
    """The columns with owners, by kind of record; who made one is history, and stays."""
    return [(noun, c) for noun, model in sorted(owned_kinds().items()) for c in model.own if c != "created_by"]


async def _found(args: HandOverArgs, by: Actor) -> HandOver | None:
    gone = await connection().fetchrow(GONE, by.team_id, args.user_id)
    return HandOver(gone, await connection().fetchrow(STAYS, by.team_id, args.to)) if gone else None


async def _step(noun: str, column: str, args: HandOverArgs, by: Actor) -> int:
    found, kind = await _found(args, by), kind_named(noun)
    if found is None:
        return 0
    sql = THEIRS.format(table=kind.model.table(), column=column)
    rows = await connection().fetch(sql, by.team_id, args.user_id, AT_ONCE)
    for row in rows:
        await life.change(kind, kind.model._from_row(row), {column: found.to_id}, by=by)
    return len(rows)


async def _forms(args: HandOverArgs, by: Actor) -> int:
    found = await _found(args, by)
    rows = await connection().fetch(FORMS, by.team_id, args.user_id) if found else []
    for row in rows:
        await forms.change(row["id"], {"assigned_to_id": found.to_id if found else None}, by=by)
    return len(rows)


async def _tell(args: HandOverArgs, count: int, by: Actor) -> None:
    found = await _found(args, by)
    if found is None or not count:
        return
    to = found.to
    told = [to["id"]] if to else [row["id"] for row in await connection().fetch(OWNERS, by.team_id)]
    fact = RecordsHandedOver(
        user_id=args.user_id,
        name=found.gone["name"],
        count=count,
        to=f"{to['name']}’s now" if to else "nobody’s now",
        to_id=found.to_id,
        member_ids=told,
    )
    await record(fact, about=Member._from_row(found.gone), by=by)
