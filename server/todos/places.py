"""Places on the board: a column's end, or beside another card; never the same one twice.

Every way into a column goes through `board_end()`, which locks the column until the transaction ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict, Findings, wrong
from models.projects import DEFAULT_COLUMNS, Project
from models.todos import Task
from server.core.at_once import AT, Beside
from server.todos.rank import TOO_LONG, between, spread

NEXT_TO = """
WITH a AS (SELECT * FROM task WHERE team_id = $1 AND board_id = $2 AND id = $3)
SELECT a.status, a.rank, n.id AS next_id, n.rank AS next_rank FROM a LEFT JOIN LATERAL (
    SELECT k.id, k.rank FROM task k
    WHERE k.team_id = a.team_id AND k.board_id = a.board_id AND k.status = a.status AND k.rank {sign} a.rank
    ORDER BY k.rank {direction} LIMIT 1
) n ON true
"""
BEFORE = NEXT_TO.format(sign="<", direction="DESC")
AFTER = NEXT_TO.format(sign=">", direction="ASC")
SIDE = """
SELECT id, rank FROM task WHERE team_id = $1 AND board_id = $2 AND status = $3 AND rank {sign} $4 AND id <> $5
ORDER BY rank {direction} LIMIT $6
"""
BELOW = SIDE.format(sign="<", direction="DESC")
ABOVE = SIDE.format(sign=">", direction="ASC")
RERANK = """
UPDATE task t SET rank = n.rank, version = t.version + 1, updated_at = $4
FROM unnest($2::uuid[], $3::text[]) AS n(id, rank), (SELECT id, rank FROM task WHERE id = ANY($2)) AS old
WHERE t.team_id = $1 AND t.id = n.id AND old.id = t.id RETURNING t.*, old.rank AS old_rank
"""
AROUND = 50
END_OF_BOARD = "SELECT p.* FROM project t, LATERAL board_end(t.team_id, t.id, {1}) p WHERE t.id = {0} AND {2}"
PLACED = (
    ("status", "coalesce((SELECT status FROM beside), in_vain())"),  # no such project
    ("rank", "(SELECT end_rank FROM beside)"),
    (
        "completed_at",
        f"(SELECT CASE coalesce(done, in_vain()::bool) WHEN true THEN {AT} END FROM beside)",
    ),  # no such column
)


@dataclass(slots=True)
class Place:
    """A place in a column; `respread` are the neighbours that had to make room, with the rank each had."""

    status: str
    rank: str
    done: bool

    def values(self, task: Task | None = None) -> dict[str, Any]:
        """What a task gets that is put here; one that is complete already keeps its time."""
        kept = task.completed_at if task is not None else None
        return {"status": self.status, "rank": self.rank, "completed_at": (kept or now()) if self.done else None}


async def end_of(by: Actor, project_id: UUID | None, status: str | None) -> Place:
    """The end of a column (None: of the one for new tasks). Raises `Invalid` when there is none of that key, or when
    the actor cannot see the project."""
    if project_id is None:
        found = await connection().fetchrow("SELECT * FROM board_end($1, NULL, $2)", by.team_id, status)
    else:
        visible = Project.visible_to(by)
        sql = END_OF_BOARD.format("$1", "$2", visible.numbered(3))
        found = await connection().fetchrow(sql, project_id, status, *visible.args)
    if found is None:
        raise wrong("project_id", "not_found", "There is no such project.")
    done = _is_done(found["columns"], found["status"])
    return Place(found["status"], found["end_rank"], done)


def beside_it(by: Actor, project_id: UUID, status: str | None) -> tuple[Beside, tuple[Any, ...]]:
    """The same, found by the statement that puts a new task there."""
    visible = Project.visible_to(by)
    return _beside(visible.sql, len(visible.args)), (project_id, status, *visible.args)


@lru_cache(maxsize=64)
def _beside(visible: str, args: int) -> Beside:
    shifted = visible.format(*(f"{{{i + 2}}}" for i in range(args)))
    return Beside(END_OF_BOARD.format("{0}", "{1}", shifted), PLACED)


async def beside(task: Task, status: str, *, before: UUID | None, after: UUID | None, by: Actor) -> Place | None:
    """The place before or after another card of the column; None when the task is there already.

    Raises `Conflict` (neighbour_moved) when the other card is in another column by now.
    """
    findings, place, found = Findings(), None, None
    with findings:
        place = await end_of(by, task.project_id, status)
    with findings:
        found = await _neighbour(task, before, after)
    findings.settle()
    assert place is not None  # or it would have been found wrong
    if found is None:
        return None if task.status == status and await _is_last(task) else place
    if found["status"] != status:
        raise Conflict(f"That task is in the column {found['status']} now.", code="neighbour_moved")
    if found["next_id"] == task.id:
        return None
    low, high = (found["next_rank"], found["rank"]) if before else (found["rank"], found["next_rank"])
    return Place(status, between(low, high), place.done)


async def _neighbour(task: Task, before: UUID | None, after: UUID | None) -> Any:
    """The card that the task is to be put beside, and the one on its other side."""
    anchor, field = before or after, "before_id" if before else "after_id"
    if anchor is None:
        return None
    if anchor == task.id:
        raise wrong(field, "not_allowed", "A card cannot be its own neighbour.")
    board = task.project_id or task.team_id
    found = await connection().fetchrow(BEFORE if before else AFTER, task.team_id, board, anchor)
    if found is None:
        raise wrong(field, "not_found", "There is no such task on this board.")
    return found


async def make_room(task: Task, place: Place) -> list[tuple[Task, str]]:
    """Shorten a rank that has grown too long by spreading the cards around it; gives those, with their old ranks."""
    if len(place.rank) <= TOO_LONG:
        return []
    column = (task.team_id, task.project_id or task.team_id, place.status, place.rank, task.id, AROUND + 1)
    below = list(reversed(await connection().fetch(BELOW, *column)))
    above = await connection().fetch(ABOVE, *column)
    low = below.pop(0)["rank"] if len(below) > AROUND else None
    high = above.pop()["rank"] if len(above) > AROUND else None
    ranks = spread(low, high, len(below) + 1 + len(above))
    place.rank = ranks.pop(len(below))
    ids = [r["id"] for r in (*below, *above)]
    rows = await connection().fetch(RERANK, task.team_id, ids, ranks, now())
    return [(Task._from_row(r), r["old_rank"]) for r in rows]


async def _is_last(task: Task) -> bool:
    column = (task.team_id, task.project_id or task.team_id, task.status, task.rank, task.id, 1)
    return not await connection().fetch(ABOVE, *column)


def _is_done(columns: str | None, status: str) -> bool:
    known: list[dict[str, Any]] = DEFAULT_COLUMNS if columns is None else msgspec.json.decode(columns)
    for column in known:
        if column["key"] == status:
            return column["done"]
    keys = ", ".join(c["key"] for c in known)
    raise wrong("status", "unknown_column", f"The board has no column {status}; it has: {keys}.")


async def first_column(task: Task, *, done: bool) -> str:
    """The key of the first column of the task's board that is done, or not done."""
    sql = "SELECT columns FROM project WHERE team_id = $1 AND id = $2"
    text = await connection().fetchval(sql, task.team_id, task.project_id) if task.project_id else None
    known: list[dict[str, Any]] = DEFAULT_COLUMNS if text is None else msgspec.json.decode(text)
    return next(c["key"] for c in known if c["done"] == done)
