"""Say that the database was restored: `python -m server.restored`. Every client starts again from its snapshot, once.

Run it after the restore and before the processes start; it may run while they do (docs/operations.md).
"""

from __future__ import annotations

import asyncio
import sys

import asyncpg

from server.config import settings_or_exit
from server.core.epochs import begin_anew


def main() -> None:
    try:
        rooms = asyncio.run(begin_anew(settings_or_exit("database_url").database_url))
    except (OSError, asyncpg.PostgresError) as error:
        raise SystemExit(f"the database cannot be reached: {error}") from None
    sys.stdout.write(f"{rooms} rooms begin a new log\n")


if __name__ == "__main__":
    main()
