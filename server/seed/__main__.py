"""Seed once: `python -m server.seed none|demo|bench`. A second run changes nothing and names the accounts again."""

from __future__ import annotations

import asyncio
import sys

import asyncpg

from server.app import declare
from server.config import settings_or_exit
from server.core.database import database
from server.core.system import system_unit
from server.seed import DEMO_PASSWORD, OWNER_EMAIL, bench, clients, demo, proposals

ONE_AT_A_TIME = "SELECT pg_advisory_lock(hashtextextended('seed', 0))"


async def seed(url: str, what: str) -> None:
    """Make what is not there yet; what an interrupted run left out is made by the next one."""
    lock = await asyncpg.connect(url)
    try:
        await lock.execute(ONE_AT_A_TIME)
        async with system_unit():
            people = await demo.people()
        await demo.work(people)
        if what == "demo":
            await clients.work(people)
            await proposals.work(people)
        if what == "bench":
            await bench.work(people[OWNER_EMAIL])
            await lock.execute("ANALYZE")  # the planner has not seen the rows yet
    finally:
        await lock.close()


async def _main(what: str) -> None:
    settings = settings_or_exit("database_url")
    declare()
    await database.open(settings, size=4)
    try:
        await seed(settings.database_url, what)
    finally:
        await database.close()


def main() -> None:
    what = sys.argv[1] if len(sys.argv) > 1 else "demo"
    if what not in ("none", "demo", "bench"):
        raise SystemExit("python -m server.seed none|demo|bench")
    if what == "none":
        return
    asyncio.run(_main(what))
    for email, person in demo.PEOPLE.items():
        sys.stdout.write(f"Sign in as {email} / {DEMO_PASSWORD} ({person.role})\n")


if __name__ == "__main__":
    main()
