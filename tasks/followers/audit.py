"""The audit trail: each fact appended to its team's hash chain, and the check that nothing was changed or removed."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from models.db import connection
from models.ids import uuid7
from tasks.followers.fact import Fact

START = bytes(32)
COLUMNS = (
    "team_id",
    "seq",
    "event_id",
    "at",
    "action",
    "actor_kind",
    "actor_id",
    "actor_name",
    "subject_kind",
    "subject_id",
    "subject_version",
    "project_id",
    "changes",
    "detail",
    "address",
    "request_id",
)
TYPES = (
    "uuid", "bigint", "uuid", "timestamptz", "text", "text", "text", "text", "text", "uuid", "int", "uuid", "jsonb",
    "jsonb", "text", "text",
)  # fmt: skip
INSERT = (
    f"INSERT INTO audit_entry (id, {', '.join(COLUMNS)}, previous, hash) SELECT * FROM unnest($1::uuid[], "
    + ", ".join(f"${i + 2}::{kind}[]" for i, kind in enumerate(TYPES))
    + f", ${len(TYPES) + 2}::bytea[], ${len(TYPES) + 3}::bytea[])"
)
HEAD = "SELECT seq, hash FROM audit_head WHERE team_id = $1 FOR UPDATE"
MOVE_HEAD = """
INSERT INTO audit_head (team_id, seq, hash) VALUES ($1, $2, $3)
ON CONFLICT (team_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
"""
Values = tuple[Any, ...]


def link(previous: bytes, values: Values) -> bytes:
    """The hash of a row: over the hash before it and the row's values in the order of `COLUMNS`.

    JSON counts as the text in which PostgreSQL shows it, which is the same at each reading.
    """
    return hashlib.sha256(previous + msgspec.json.encode(values)).digest()


async def append(facts: list[Fact]) -> None:
    """Append the facts, which are one team's and in order, to its chain."""
    team_id = facts[0].team_id
    head = await connection().fetchrow(HEAD, team_id)
    seq, previous = (head["seq"], head["hash"]) if head else (0, START)
    rows: list[tuple[Any, ...]] = []
    for fact in facts:
        seq += 1
        values = _values(fact, seq)
        digest = link(previous, values)
        rows.append((uuid7(), *values, previous, digest))
        previous = digest
    await connection().execute(INSERT, *(list(column) for column in zip(*rows, strict=True)))
    await connection().execute(MOVE_HEAD, team_id, seq, previous)


def _values(fact: Fact, seq: int) -> Values:
    actor = fact.actor
    return (
        fact.team_id,
        seq,
        fact.id,
        fact.at,
        fact.type,
        actor["kind"],
        str(actor["id"]),
        actor["name"],
        fact.subject_kind,
        fact.subject_id,
        fact.subject_version,
        fact.project_id,
        fact.changes_text,
        fact.detail_text,
        fact.address,
        fact.request_id,
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the check of one team's chain found: how many rows are sound, and the first that is not."""

    team_id: UUID
    rows: int
    wrong: str = ""


async def verify(team_id: UUID | None = None) -> AsyncIterator[Verdict]:
    """Check the chain of one team, or of every team, in the running (snapshot) unit."""
    sql = "SELECT team_id FROM audit_entry UNION SELECT team_id FROM audit_head"
    teams = [team_id] if team_id else [r["team_id"] for r in await connection().fetch(f"{sql} ORDER BY 1")]
    for team in teams:
        yield await _verify_team(team)


async def _verify_team(team_id: UUID) -> Verdict:
    seq, previous = 0, START
    rows = f"SELECT {', '.join(COLUMNS)}, previous, hash FROM audit_entry WHERE team_id = $1 ORDER BY seq"
    async for row in connection().cursor(rows, team_id, prefetch=1000):
        if wrong := _wrong(row, seq + 1, previous):
            return Verdict(team_id, seq, wrong)
        seq, previous = row["seq"], row["hash"]
    head = await connection().fetchrow("SELECT seq, hash FROM audit_head WHERE team_id = $1", team_id)
    if head is None or (head["seq"], head["hash"]) != (seq, previous):
        return Verdict(team_id, seq, f"row {seq + 1} and what follows it are missing")
    return Verdict(team_id, seq)


def _wrong(row: asyncpg.Record, seq: int, previous: bytes) -> str:
    if row["seq"] != seq:
        return f"row {seq} is missing"
    if row["previous"] != previous:
        return f"row {seq} does not follow the row before it"
    values = tuple(row[name] for name in COLUMNS)
    return "" if link(previous, values) == row["hash"] else f"row {seq} was changed"
