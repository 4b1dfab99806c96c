"""What becomes of a form that was sent: a lead, once, with the form's owner, stage and tags; or nothing, for spam."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from aiohttp import web

from models.actors import Actor
from models.db import connection
from models.errors import Invalid
from models.forms import Form
from models.leads import Lead
from server.core import idempotency, limits
from server.core.events import record
from server.core.metrics import Counter
from server.core.request_keys import BODY
from server.core.routing import Context
from server.core.unit import unit_of_work
from server.core.view import Row
from server.forms import answers as given
from server.forms import origins
from server.forms.events import LeadReceived
from server.leads import service as leads
from server.records import tags
from server.records.hearers import hearers
from server.settings import custom_fields

SENT = Counter("mediaflow_forms_sent", "Forms that were sent, by what became of them.", ["outcome"])
PRESENT = "SELECT user_id FROM member WHERE team_id = $1 AND user_id = $2 AND left_at IS NULL"


async def take(ctx: Context, form: Form, answers: Row) -> None:
    """Make a lead of what was sent; nothing of what a program sent, or of what was sent already.

    Raises `PermissionDenied` for a site that may not, `RateLimited`, `Invalid` that names each wrong answer.
    """
    origins.check(ctx.request, form)
    await limits.hit(ctx.request, "form", str(form.id))
    if given.is_spam(answers):
        return SENT.labels("spam").inc()
    # A program that fills forms in is not told from people by what it gets.
    by = Actor(kind="client", id=form.id, name=form.name, team_id=form.team_id)
    async with unit_of_work(by, request_id=ctx.request_id, address=ctx.address) as unit:
        kept = await idempotency.begin(unit, ctx.route, ctx.request, by, default=_same_again(ctx))
        if kept is not None and kept.response is not None:
            return SENT.labels("repeated").inc()
        await _receive(ctx.request, form, answers, by)
        if kept is not None:
            kept.keep(web.Response(status=204))
    return SENT.labels("taken").inc()


async def _receive(request: web.Request, form: Form, answers: Row, by: Actor) -> None:
    values = given.lead_values(form, answers, await custom_fields.fields_of("lead"))
    consent = given.consent_of(form, answers)
    values |= {
        "stage": form.stage,
        "assigned_to_id": await connection().fetchval(PRESENT, form.team_id, form.assigned_to_id),
        "consent": {"email": consent is not None, "sms": False},
        "form": {"id": str(form.id), "name": form.name},
    }
    try:
        lead, row = await leads.add(values, by=by)
    except Invalid as error:
        raise given.as_asked(form, error) from None
    worn = await tags.present(form.tag_ids, by=by)
    row = await tags.put_on(leads.kind, lead.id, worn, [], by=by) if worn else row
    await _tell(request, form, answers, consent, await Lead.get_visible(by, id=lead.id), row, by)


async def _tell(
    request: web.Request, form: Form, answers: Row, consent: str | None, lead: Lead, row: Row, by: Actor
) -> None:
    event = LeadReceived(
        form_id=form.id,
        form_name=form.name,
        page=_page(request),
        consent=consent,
        campaign=given.campaign_of(answers),
        hearers=await hearers(lead, by),
    )
    await record(event, about=lead, by=by, data=row)


def _page(request: web.Request) -> str | None:
    """The page that the form stood on, without what its address may tell of the visitor."""
    parts = urlsplit(request.headers.get("Referer", "")[:2000])
    return f"{parts.scheme}://{parts.netloc}{parts.path}"[:500] if parts.scheme in ("http", "https") else None


def _same_again(ctx: Context) -> str:
    """The key of a form that was sent without one: a second click sends the same from the same address."""
    return f"same:{hashlib.sha256(ctx.address.encode() + ctx.request.get(BODY, b'')).hexdigest()}"
