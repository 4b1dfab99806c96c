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


async def mailed_token(sql: Callable[..., Awaitable[Any]], email: str, letter: str) -> str:
    """The token in the newest letter of this kind to the address."""
    for row in await sql(ASKED):
        asked = msgspec.json.decode(unseal("send_mail", row["sealed"]))
        if asked["to"] == email and asked["template"] == letter:
            found = re.search(r"token=([\w-]+)", asked["context"]["link"])
            assert found is not None
            return found[1]
    raise AssertionError(f"no {letter} for {email}")
