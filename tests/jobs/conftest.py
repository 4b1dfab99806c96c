"""Workers beside the tests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.core.jobs import enqueue
from server.core.system import system_unit
from tests.helpers.patience import PATIENCE_SECONDS
from tests.helpers.processes import Process, until

Start = Callable[..., Awaitable[Process]]
# For tests in which a lease has to run out; longer than a busy machine lets a living worker wait for its turn.
SHORT_LEASE = {"JOB_LEASE_SECONDS": "3"}


@pytest.fixture
def worker(background: Start) -> Start:
    """`await worker()` starts one more that knows the kinds of the tests, too."""
    return partial(background, "tests.jobs.kinds")


class Jobs:
    """Asking for jobs and watching them, as the system sees them."""

    def __init__(self, sql: Callable[..., Awaitable[list[Any]]]) -> None:
        self.sql = sql

    async def ask(self, kind: str, *, max_attempts: int = 5, **args: Any) -> tuple[UUID, str]:
        """A committed job and the mark that its effect will carry."""
        mark = args.pop("mark", None) or uuid4().hex
        async with system_unit():
            id = await enqueue(kind, {"mark": mark, **args}, max_attempts=max_attempts)
        assert id is not None
        return id, mark

    async def row(self, id: UUID) -> Any:
        return (await self.sql("SELECT * FROM job WHERE id = $1", id))[0]

    async def reached(self, id: UUID, state: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """The row, once it is in the state."""

        async def look() -> Any:
            row = await self.row(id)
            return row if row["state"] == state else None

        return await until(look, seconds)

    async def effects(self, mark: str) -> int:
        return (await self.sql("SELECT count(*) AS n FROM dev_mail WHERE recipient = $1", mark))[0]["n"]


@pytest.fixture
def jobs(url: str, sql: Callable[..., Awaitable[list[Any]]]) -> Jobs:
    return Jobs(sql)
