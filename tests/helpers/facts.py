"""What stands in the log of the shared database, held against the AsyncAPI document that clients read."""

from __future__ import annotations

import json

from server.core.documents import asyncapi
from tests.helpers.contract import closed, validator
from tests.helpers.databases import Sql

# What tests declare for themselves; any other type that is not documented is an error.
OF_TESTS = {"note.forbidden", "note.made", "note.sent", "test.old", "thing.moved"}
LOGGED = """
SELECT type, wire FROM (
    SELECT type, wire, row_number() OVER (PARTITION BY type, room LIKE 'portal:%' ORDER BY at DESC) AS n
    FROM stream_entry
) e WHERE n <= 20
"""


async def hold_facts(sql: Sql) -> set[str]:
    """Raise `AssertionError` for facts that the document does not describe; gives the types that were seen."""
    content = closed(asyncapi())
    messages = content["components"]["messages"]
    wrong, seen = set(), set()
    for row in await sql(LOGGED):
        name = row["type"]
        if name in OF_TESTS:
            continue
        seen.add(name)
        fact = json.loads('{"seq":1,' + row["wire"])
        message = messages[f"{name}.public" if fact["room"].startswith("portal:") else name]
        errors = validator(message["payload"], content).iter_errors(fact)
        wrong |= {f"{name} {'.'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in errors}
    assert not wrong, "facts in the log are not as documented:\n" + "\n".join(sorted(wrong))
    return seen
