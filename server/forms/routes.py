"""The endpoints of forms, and the pages that visitors see of them."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from models.errors import NotFound, PermissionDenied
from models.forms import Form
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can, Public
from server.core.routing import Context, Routes
from server.core.view import Row, Shown
from server.forms import page, service, submission
from server.forms.schemas import FormIn, FormOut, FormPatch, SubmissionIn, ThanksOut
from server.pages.routes import OPEN, AnyQuery

routes = Routes("/api/forms", tag="forms", about=Form)
pages = Routes("/f", tag="pages")
listing = Listing(
    FormOut,
    filters=["name", "active", "assigned_to_id", "created_by", "created_at", "updated_at"],
    sort=["name", "created_at"],
)
LONGEST = 64 * 1024


@routes.get("", can=Can.FORMS_READ, gives=FormOut, listing=listing)
async def list_all(ctx: Context, query: ListQuery) -> Row:
    """The team's forms, a page at a time."""
    return await listing.shown(query, ctx.actor)


@routes.post("", can=Can.FORMS_WRITE, gives=FormOut, status=201)
async def create(ctx: Context, body: FormIn) -> Row:
    """Make a form, with a page of its own and an address to send it to."""
    return await service.create(body.model_dump(), by=ctx.actor)


@routes.get("/{id}", can=Can.FORMS_READ, gives=FormOut)
async def get_one(ctx: Context, id: UUID) -> Shown:
    """One form."""
    return await FormOut.shown(ctx.actor, id)


@routes.patch("/{id}", can=Can.FORMS_WRITE, gives=FormOut)
async def change(ctx: Context, id: UUID, body: FormPatch) -> Row:
    """Change the fields sent; a form that is not `active` takes nothing and has no page."""
    return await service.change(id, body.model_dump(include=body.model_fields_set), by=ctx.actor)


@routes.delete("/{id}", can=Can.FORMS_DELETE)
async def delete(ctx: Context, id: UUID) -> None:
    """Remove the form and its page; the leads that came by it stay."""
    await service.delete(id, by=ctx.actor)


@routes.post(
    "/{token}",
    can=Public,
    gives=ThanksOut,
    html_forms=True,
    max_body=LONGEST,
    also=(303,),
    raises=(PermissionDenied, NotFound),
)
async def send(ctx: Context, token: str, body: SubmissionIn) -> Row | web.Response:
    """Send a form: what it asks for becomes a lead, live.

    Scripts send JSON from the sites that the form names. A plain HTML form may be sent as it is: browsers are led to
    the thanks, or shown what is wrong. What comes twice within a day, with one key or the same from the same address,
    is taken once.
    """
    form, team = await service.opened(token)
    if page.wants_page(ctx.request):
        return await page.taken(ctx, form, team, body.answers)
    await submission.take(ctx, form, body.answers)
    return {"message": form.thanks or page.THANKS, "url": form.thanks_url}


@pages.get("/{token}", **OPEN)
async def show(ctx: Context, token: str, query: AnyQuery) -> web.Response:
    """The form's own page."""
    try:
        form, team = await service.opened(token)
    except NotFound as error:
        return page.notice(ctx.request, "", "This form is closed", error.detail, status=404)
    return await page.shown(ctx, form, team, {}, {})


@pages.get("/{token}/thanks", **OPEN)
async def thanks(ctx: Context, token: str, query: AnyQuery) -> web.Response:
    """The page after sending."""
    return page.thanked(ctx, *await service.opened(token))
