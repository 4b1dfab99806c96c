"""Dispatchers beside the tests, and facts written straight into the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.processes import Process, until

Start = Callable[..., Awaitable[Process]]
Sql = Callable[..., Awaitable[list[Any]]]

FACT = """
WITH fact AS (
    INSERT INTO event (id, team_id, type, at, actor, subject_kind, subject_id, subject_version, data, changes, detail,
                       request_id, address)
    VALUES (gen_random_uuid(), $1, $2, clock_timestamp(),
            jsonb_build_object('kind', 'user', 'id', $3::uuid, 'name', 'Ana'), 'task', gen_random_uuid(), 1,
            '{"title": "Logo"}', '{"status": ["todo", "doing"]}', $4::text::jsonb, 'r-1', '203.0.113.9')
    RETURNING id, team_id
)
INSERT INTO delivery (event_id, team_id, follower) SELECT id, team_id, $5 FROM fact RETURNING event_id
"""


@pytest.fixture
def dispatcher(background: Start) -> Start:
    """`await dispatcher()` starts one more."""
    return partial(background, "tasks.dispatch")


class Log:
    """One team's log: facts written into it, and what became of them."""

    def __init__(self, owner: Person, sql: Sql) -> None:
        self.owner, self.sql, self.team_id = owner, sql, UUID(owner.team_id)

    async def write(self, follower: str = "audit", type: str = "task.updated", detail: str = "{}") -> UUID:
        rows = await self.sql(FACT, self.team_id, type, uuid4(), detail, follower)
        return rows[0]["event_id"]

    async def delivery(self, event_id: UUID) -> Any:
        return (await self.sql("SELECT * FROM delivery WHERE event_id = $1", event_id))[0]

    async def delivered(self, event_id: UUID, state: str = "done") -> Any:
        """The delivery row, once it is in the state."""

        async def look() -> Any:
            row = await self.delivery(event_id)
            return row if row["state"] == state else None

        return await until(look)

    async def trail(self) -> list[Any]:
        return await self.sql("SELECT * FROM audit_entry WHERE team_id = $1 ORDER BY seq", self.team_id)


@pytest.fixture
async def log(make: Make, sql: Sql) -> Log:
    return Log(await make.owner(), sql)
