"""A part of a unit of work that may fail without the rest."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from server.core.unit import current


@asynccontextmanager
async def savepoint() -> AsyncIterator[None]:
    """Undo what the block did, the facts that it recorded too, if it raises; the exception goes on to the caller."""
    unit = current()
    facts = len(unit.events)
    await unit.conn.execute("SAVEPOINT part")
    try:
        yield
    except Exception:
        await unit.conn.execute("ROLLBACK TO SAVEPOINT part")
        del unit.events[facts:]
        raise
    finally:
        if not unit.conn.is_closed():
            await unit.conn.execute("RELEASE SAVEPOINT part")
