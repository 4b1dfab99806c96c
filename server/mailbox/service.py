"""Reading the mailbox of development, which belongs to no team."""

from __future__ import annotations

from typing import Any

from server.core.system import system_unit

NEWEST = """
SELECT recipient AS "to", subject, text, html, links, at FROM dev_mail ORDER BY at DESC, id DESC LIMIT 200
"""


async def newest() -> list[dict[str, Any]]:
    """The last mails, newest first."""
    async with system_unit(read_only=True) as unit:
        return [dict(row) for row in await unit.conn.fetch(NEWEST)]
