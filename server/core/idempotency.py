"""`Idempotency-Key`: a POST repeated with its key has one effect and one answer, kept with its transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web

from models.actors import Actor
from models.clock import now
from models.db import to_json
from models.errors import Conflict, wrong
from server.core.pipeline import Connection, statement
from server.core.request_keys import BODY
from server.core.routing import Route
from server.core.unit import Unit

KEPT_FOR = timedelta(hours=24)
KEPT_HEADERS = ("ETag", "Location")
MAX_KEY = 255

# A second request with the key waits here, on the unique index, until the first has committed or failed.
CLAIM = """
INSERT INTO idempotency_key AS k (team_id, caller, method, path, key, body_hash, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (team_id, caller, method, path, key) DO UPDATE
    SET body_hash = excluded.body_hash, created_at = excluded.created_at, status = NULL, headers = NULL, body = NULL
    WHERE k.created_at < $8
RETURNING 1
"""
# The same for a key that is new, as nearly all are: it travels with the first statement, and fails it if it is not.
statement(
    "mf_claim",
    """
INSERT INTO idempotency_key (team_id, caller, method, path, key, body_hash, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
""",
)
FIND = """
SELECT body_hash, status, headers, body FROM idempotency_key
WHERE team_id = $1 AND caller = $2 AND method = $3 AND path = $4 AND key = $5
"""
statement(
    "mf_keep",
    """
UPDATE idempotency_key SET status = $6, headers = $7::jsonb, body = $8
WHERE team_id = $1 AND caller = $2 AND method = $3 AND path = $4 AND key = $5
""",
)


@dataclass(slots=True)
class Kept:
    """A claimed key, or the answer that its first use got."""

    conn: Connection
    scope: tuple[UUID, UUID, str, str, str]
    location_of: Callable[[Mapping[str, Any]], str]
    digest: bytes
    response: web.Response | None = None

    def headers_of(self, id: UUID) -> dict[str, str]:
        """What is kept of the headers of an answer that shows a new record."""
        return {"ETag": '"1"', "Location": self.location_of({"id": id})}

    def keep(self, response: web.StreamResponse) -> None:
        """Store the answer in the transaction that it tells of, in the trip that commits it."""
        self.conn.pay()
        headers = {n: response.headers[n] for n in KEPT_HEADERS if n in response.headers}
        body: Any = response.body if isinstance(response, web.Response) else b""
        self.conn.send_ahead(
            "mf_keep", *self.scope, response.status, to_json(headers), f"\\x{bytes(body or b'').hex()}"
        )


async def begin(
    unit: Unit, route: Route, request: web.Request, actor: Actor, *, default: str | None = None, hopeful: bool = False
) -> Kept | None:
    """Claim the request's key (the `default` where it has none), or find the answer it already got.

    The `hopeful` wait for nothing: the unit's first statement raises `InVain` when the key was used before.
    Raises `Conflict` (idempotency_key_reused) when the key came with another body, `Invalid` for a key out of bounds.
    """
    key = request.headers.get("Idempotency-Key", default)
    if key is None or route.method != "POST" or route.secret:
        return None
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise wrong("Idempotency-Key", "wrong_value", f"Must be 1 to {MAX_KEY} printable characters.")
    # A link's secret is in its path, and no secret is kept; its holder has one link.
    path = request.path_qs if route.holder is None else route.path
    scope = (actor.team_id, actor.id, request.method, path, key)
    digest = hashlib.sha256(request.get(BODY, b"")).digest()
    at, location_of = now(), partial(route.location_of, request)
    if hopeful:
        unit.conn.owed = partial(unit.conn.send_ahead, "mf_claim", *scope, f"\\x{digest.hex()}", at)
        return Kept(unit.conn, scope, location_of, digest)
    if await unit.conn.fetchval(CLAIM, *scope, digest, at, at - KEPT_FOR):
        return Kept(unit.conn, scope, location_of, digest)
    return Kept(unit.conn, scope, location_of, digest, await _found(unit, scope, digest))


async def _found(unit: Unit, scope: tuple[Any, ...], digest: bytes) -> web.Response:
    row = await unit.conn.fetchrow(FIND, *scope)
    if row is None or row["status"] is None:
        raise Conflict("This key is in use; try again.", code="idempotency_key_busy", headers={"Retry-After": "1"})
    if row["body_hash"] != digest:
        raise Conflict("This key was used with another body.", code="idempotency_key_reused")
    body = row["body"]
    headers = msgspec.json.decode(row["headers"], type=dict[str, str]) | {"Idempotency-Replayed": "true"}
    response = web.Response(body=body or None, status=row["status"], headers=headers)
    if body:
        response.content_type = "application/json"
    return response
