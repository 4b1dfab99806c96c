"""Asking for a document on paper: made once by a worker, kept under all that it is made from, handed out."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from dataclasses import asdict, dataclass, field
from functools import cache
from uuid import UUID

from aiohttp import web

from models.actors import Actor
from models.db import connection
from models.errors import Unavailable
from models.paper import Paper
from server.core.jobs import Later, enqueue
from server.core.routing import Context
from server.core.storage import storage
from server.core.unit import unit_of_work
from server.core.view import Row
from server.paper.chain import canonical
from server.paper.engine import HELP, RendererUnavailable
from server.paper.proposal import TEMPLATES

KIND, QUEUE, ATTEMPTS = "print_paper", "pdf", 3
WAIT_SECONDS, LONGEST_WAIT = 5.0, 28.0  # a second or two less than a handler may take
WAIT = re.compile(r"\bwait=(\d{1,4})\b")
LOOK_SECONDS = 0.05
UNAVAILABLE = "renderer_unavailable: "  # what the last error of a job begins with that found no Chromium
KEEP = """
INSERT INTO paper (id, team_id, key, note) VALUES (gen_random_uuid(), $1, $2, $3::jsonb)
ON CONFLICT (team_id, key) DO NOTHING
"""
FIND = "SELECT * FROM paper WHERE team_id = $1 AND key = $2 FOR UPDATE"
LOOK = """
SELECT p.object, p.sha256, j.state, j.last_error FROM paper p LEFT JOIN job j ON j.id = p.job_id
WHERE p.team_id = $1 AND p.id = $2
"""


class PaperFailed(Unavailable):
    """The document could not be printed; the detail says why."""

    code = "paper_failed"


@dataclass(frozen=True, slots=True)
class Order:
    """All that a document on paper is made from. With `facts` it is sealed, with them as its chain of events."""

    document: Row
    digest: str
    language: str = "en"
    timezone: str = "UTC"
    logo: str | None = None
    expires: str | None = None
    sent: str | None = None
    signatures: list[Row] = field(default_factory=list)
    facts: list[Row] | None = None

    @property
    def key(self) -> str:
        """The same for the same paper; a sealed one is one for ever, however it would look today."""
        given = [self.digest, "sealed"] if self.facts is not None else [edition(), asdict(self)]
        return hashlib.sha256(canonical(given).encode()).hexdigest()


@cache
def edition() -> str:
    """The looks of our documents: another template makes another paper."""
    files = sorted(f for f in (TEMPLATES / "paper").iterdir() if f.is_file())
    return hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest()[:16]


async def order(wanted: Order, *, by: Actor) -> Paper:
    """The paper, ready or being made by a job that is alive. Needs a unit of work that may write."""
    await connection().execute(KEEP, by.team_id, wanted.key, canonical(asdict(wanted)))
    row = await connection().fetchrow(FIND, by.team_id, wanted.key)
    assert row is not None
    paper = Paper._from_row(row)
    if paper.object is None and not await _is_alive(paper.job_id):
        job_id = await enqueue(
            KIND, {"paper_id": str(paper.id)}, queue=QUEUE, max_attempts=ATTEMPTS, team_id=by.team_id
        )
        await paper.change(job_id=job_id)
    return paper


async def _is_alive(job_id: UUID | None) -> bool:
    sql = "SELECT EXISTS (SELECT 1 FROM job WHERE id = $1 AND state IN ('queued', 'running'))"
    return job_id is not None and bool(await connection().fetchval(sql, job_id))


async def answered(ctx: Context, by: Actor, wanted: Order, name: str) -> web.Response | Later:
    """The PDF as an answer, once it is there; 202 with its job when it takes longer than the caller waits.

    For routes with `tx="none"`: nobody waits in a transaction. Raises `RendererUnavailable`, `PaperFailed`.
    """
    async with unit_of_work(by, request_id=ctx.request_id):
        paper = await order(wanted, by=by)
    deadline = time.monotonic() + patience(ctx.request.headers.get("Prefer", ""))
    while True:
        async with unit_of_work(by, read_only=True):
            found = await connection().fetchrow(LOOK, by.team_id, paper.id)
        assert found is not None
        if found["object"] is not None:
            return await _file(ctx, by, found, name)
        if found["state"] in ("dead", "cancelled"):
            raise _failed(found["last_error"] or "The job that printed it was cancelled.")
        if time.monotonic() > deadline:
            return Later.of(paper.job_id)
        await asyncio.sleep(LOOK_SECONDS)


def patience(prefer: str) -> float:
    """How long the caller wants to wait (RFC 7240)."""
    found = WAIT.search(prefer)
    return min(float(found[1]), LONGEST_WAIT) if found else WAIT_SECONDS


def _failed(error: str) -> Unavailable:
    if error.startswith(UNAVAILABLE):
        return RendererUnavailable(error.removeprefix(UNAVAILABLE) or HELP, retry_after=60)
    return PaperFailed(error, retry_after=60)


async def _file(ctx: Context, by: Actor, found: Row, name: str) -> web.Response:
    etag = f'"{found["sha256"]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if ctx.request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=headers)
    headers["Content-Disposition"] = f'inline; filename="{re.sub(r"[^A-Za-z0-9._-]+", "-", name)}"'
    body = await storage().open(by.team_id, found["object"])
    return web.Response(body=body, headers=headers, content_type="application/pdf")
