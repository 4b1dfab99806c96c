"""Letters that were asked for, read as the worker reads them: from the sealed job."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from server.core.seal import unseal

ASKED = """
SELECT args ->> 'sealed' AS sealed FROM job WHERE kind = 'send_mail' AND args ? 'sealed'
ORDER BY created_at DESC, id DESC
"""


Sql = Callable[..., Awaitable[Any]]


async def mailed(sql: Sql, email: str, letter: str) -> dict[str, Any]:
    """What the newest letter of this kind to the address says."""
    for row in await sql(ASKED):
        asked = msgspec.json.decode(unseal("send_mail", row["sealed"]))
        if asked["to"] == email and asked["template"] == letter:
            return asked["context"]
    raise AssertionError(f"no {letter} for {email}")


async def mailed_token(sql: Sql, email: str, letter: str) -> str:
    """The token in the newest letter of this kind to the address."""
    found = re.search(r"token=([\w-]+)", (await mailed(sql, email, letter))["link"])
    assert found is not None
    return found[1]
