"""Numbers of documents: each kind's own, as the business settings write them, without a gap."""

from __future__ import annotations

import msgspec

from models.actors import Actor
from models.clock import today
from models.db import connection
from server.settings.business_schemas import DEFAULTS, NumberFormat

FORMAT = "SELECT business -> 'numbering' -> $2 FROM team WHERE id = $1"
# The counter's row is held until the transaction ends: a number that is not used after all was never taken.
TAKE = """
INSERT INTO document_counter AS c (team_id, kind, next_number) VALUES ($1, $2, $3 + 1)
ON CONFLICT (team_id, kind) DO UPDATE SET next_number = greatest(c.next_number, $3) + 1
RETURNING next_number - 1
"""


async def take(kind: str, *, by: Actor) -> str:
    """The next number of this kind of document (`proposal`, `invoice`, …), such as `P-2026-0007`."""
    kept = await connection().fetchval(FORMAT, by.team_id, kind)
    form = NumberFormat.model_validate(msgspec.json.decode(kept) if kept else DEFAULTS["numbering"][kind])
    number = await connection().fetchval(TAKE, by.team_id, kind, form.next_number)
    day = today()
    words = {"prefix": form.prefix, "year": f"{day.year}", "month": f"{day.month:02}"}
    return form.pattern.format(**words, number=f"{number:0{form.digits}}")
