"""Check the audit trail: `python -m tasks.audit verify [team id]`; the exit status is 1 when a row is wrong."""

from __future__ import annotations

import asyncio
import sys
from uuid import UUID

from server.config import settings_or_exit
from server.core.database import database
from server.core.system import system_unit
from tasks.followers.audit import verify

USAGE = "usage: python -m tasks.audit verify [team id]"


async def check(team_id: UUID | None) -> bool:
    """Print one line per team; whether all of them are sound."""
    sound = True
    await database.open(settings_or_exit("database_url"), size=2)
    try:
        async with system_unit(read_only=True, snapshot=True) as unit:
            await unit.conn.execute("SET LOCAL statement_timeout = 0")
            async for verdict in verify(team_id):
                sound = sound and not verdict.wrong
                found = verdict.wrong or "sound"
                sys.stdout.write(f"team {verdict.team_id}: {verdict.rows} rows, {found}\n")
    finally:
        await database.close()
    return sound


def main(arguments: list[str]) -> int:
    match arguments:
        case ["verify"]:
            return 0 if asyncio.run(check(None)) else 1
        case ["verify", team_id]:
            return 0 if asyncio.run(check(UUID(team_id))) else 1
    sys.stderr.write(USAGE + "\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
