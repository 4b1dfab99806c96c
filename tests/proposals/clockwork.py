"""What the schedule does to proposals, now."""

from __future__ import annotations

from typing import Any

from server.core.jobs import enqueue
from server.core.system import system_unit
from tests.helpers.processes import until


async def follow(sql: Any) -> None:
    """Run it once; a worker has to be there."""
    async with system_unit():
        id = await enqueue("follow_proposals", {})

    async def done() -> bool:
        return (await sql("SELECT state FROM job WHERE id = $1", id))[0]["state"] == "done"

    await until(done)
