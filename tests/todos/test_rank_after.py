"""The end of a column is found in SQL, too: `rank_after` there is `between(rank, None)` here."""

from __future__ import annotations

import random

from server.todos.rank import BASE, DIGITS, WHOLE, between
from tests.helpers.databases import Sql

MANY = "SELECT r, rank_after(r) AS next FROM unnest($1::text[]) AS r"


async def test_sql_counts_on_as_python_does(sql: Sql):
    chance = random.Random(7)
    ranks: list[str | None] = [None, "V00000", "V0000z", "VzzzzzK", "0zzzzz", "000000"]
    for _ in range(300):
        digits = [chance.choice(DIGITS if chance.random() < 0.5 else "z") for _ in range(WHOLE + chance.randrange(4))]
        if digits[:WHOLE] != [DIGITS[BASE - 1]] * WHOLE:
            ranks.append("".join(digits))
    assert {row["r"]: row["next"] for row in await sql(MANY, ranks)} == {rank: between(rank, None) for rank in ranks}
