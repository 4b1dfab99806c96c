"""Who reads: heartbeats become visits, bounded by the clock, and the team hears of them at once."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.proposals import ProposalVisit
from server.core.events import record
from server.core.view import Row
from server.proposals import keepers, links
from server.proposals.events import ProposalOpened, ProposalViewed
from server.proposals.links import Held
from server.proposals.public_schemas import HeartbeatIn
from server.proposals.schemas import ProposalOut

# A pause of that long, and the next heartbeat begins another visit.
PAUSE = timedelta(minutes=30)
TOLD_EVERY = timedelta(seconds=12)  # a page that goes on being read says so every fifteen
# One heartbeat counts for no more than this, nor for more than has passed since the one before it.
MOST_MS = 60_000
SURE_MS = 3_000
MOST_SECTIONS = 120
# Mail scanners, link previews and crawlers, by what they call themselves.
MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|preview|slurp|facebookexternalhit|whatsapp|telegram|skypeuri|googleimageproxy|"
    r"yahoomailproxy|barracuda|proofpoint|mimecast|safelinks|urlscan|virustotal|headlesschrome|embedly|"
    r"google-(safety|read)|microsoft office|ms-office|outlook-(ios|android)/prefetch|wget|curl/",
    re.IGNORECASE,
)
LAST = """
SELECT * FROM proposal_visit WHERE team_id = $1 AND recipient_id = $2 AND device = $3 AND version_number = $4
ORDER BY last_at DESC, id DESC LIMIT 1 FOR UPDATE
"""
ELSEWHERE = """
SELECT EXISTS (SELECT 1 FROM proposal_visit WHERE team_id = $1 AND recipient_id = $2 AND device <> $3
    AND confidence <> 'none')
"""


async def beat(body: HeartbeatIn, *, by: Actor, address: str, user_agent: str) -> None:
    """Count a sign of reading; the first one of a person opens the proposal."""
    held = await links.open_link(by, lock=True)
    visit, fresh = await _visit(held, by, address, user_agent[:500])
    at, known = now(), set(visit.sections)
    changes = _counted(visit, body, at)
    if visit.confidence != "none":
        changes["confidence"] = "high" if changes["focused_ms"] >= SURE_MS else "low"
    new_section = body.section is not None and body.section not in known
    due = fresh or (visit.told_at is not None if body.left else _is_due(visit, at) or new_section)
    tells = due and visit.confidence != "none"
    told: Row = {"told_at": None if body.left else at} if tells else {}  # who left is not reading: see READS
    await visit.change(**changes, **told, last_at=at)
    if visit.confidence != "none" and changes["visible_ms"] > 0:
        await _open(held, by)
    if tells:
        await _tell(held, visit, body.section, by)


def _is_due(visit: ProposalVisit, at: datetime) -> bool:
    return visit.told_at is None or at - visit.told_at >= TOLD_EVERY


async def downloaded(*, by: Actor, address: str, user_agent: str) -> None:
    """Note that the recipient took the PDF; call it in a writing unit of work of theirs."""
    held = await links.open_link(by, lock=True)
    visit, _ = await _visit(held, by, address, user_agent[:500])
    if visit.confidence != "none":
        await visit.change(downloaded_at=now(), last_at=now())
        await _tell(held, visit, None, by)


async def _visit(held: Held, by: Actor, address: str, user_agent: str) -> tuple[ProposalVisit, bool]:
    device = hashlib.sha256(f"{address} {user_agent}".encode(errors="surrogatepass")).hexdigest()[:16]
    number, at = held.version.number, now()
    row = await connection().fetchrow(LAST, by.team_id, by.id, device, number)
    if row is not None and row["last_at"] > at - PAUSE:
        return ProposalVisit._init_from_db(**row), False
    machine = MACHINES.search(user_agent) is not None or not user_agent
    visit = await ProposalVisit.add(
        by,
        proposal_id=held.proposal.id,
        recipient_id=by.id,
        version_number=number,
        device=device,
        user_agent=user_agent,
        address=address,
        confidence="none" if machine else "low",
        forwarded=not machine and bool(await connection().fetchval(ELSEWHERE, by.team_id, by.id, device)),
        started_at=at,
        last_at=at,
    )
    return visit, True


def _counted(visit: ProposalVisit, body: HeartbeatIn, at: datetime) -> dict[str, Any]:
    """The visit's numbers with this heartbeat: no section was in sight for longer than has passed."""
    key = body.section or ""
    had: Row = visit.sections.get(key, {"visible_ms": 0, "focused_ms": 0, "first_at": at.isoformat()})
    since = datetime.fromisoformat(had["last_at"]) if "last_at" in had else None
    room = MOST_MS if since is None else min(MOST_MS, max(0, int((at - since).total_seconds() * 1000)))
    visible = min(body.visible_ms, room)
    focused = min(body.focused_ms, visible)
    scrolled = max(visit.scrolled, body.scrolled or 0)
    changes: dict[str, Any] = {
        "visible_ms": visit.visible_ms + visible,
        "focused_ms": visit.focused_ms + focused,
        "scrolled": scrolled,
    }
    if key in visit.sections or len(visit.sections) < MOST_SECTIONS:
        counted = {"visible_ms": had["visible_ms"] + visible, "focused_ms": had["focused_ms"] + focused}
        changes["sections"] = visit.sections | {key: had | counted | {"last_at": at.isoformat()}}
    return changes


async def _open(held: Held, by: Actor) -> None:
    recipient, proposal = held.recipient, held.proposal
    if recipient.opened_at is not None:
        return
    await recipient.change(opened_at=now())
    values = {"status": "opened"} if proposal.status == "sent" else {}
    values |= {"opened_at": proposal.opened_at or now()}
    changes, row = await ProposalOut.change(proposal, values, touch=True)
    fact = ProposalOpened(
        recipient_id=recipient.id,
        name=recipient.name,
        version_number=held.version.number,
        member_ids=await keepers.of(proposal),
    )
    await record(fact, about=proposal, by=by, changes=changes, data=row)


async def _tell(held: Held, visit: ProposalVisit, section: str | None, by: Actor) -> None:
    fact = ProposalViewed(
        recipient_id=by.id,
        name=by.name,
        visit_id=visit.id,
        section=section,
        visible_ms=visit.visible_ms,
        focused_ms=visit.focused_ms,
        confidence=visit.confidence,
        reading=visit.told_at is not None,
    )
    await record(fact, about=held.proposal, by=by)
