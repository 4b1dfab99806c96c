"""What visitors see of a form: its page, what they filled in wrongly, the thanks; all of it without scripts."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from models.actors import Actor
from models.errors import AppError, Invalid
from models.forms import Form
from server.core.routing import Context
from server.core.unit import unit_of_work
from server.core.view import Row
from server.forms import submission
from server.forms.schemas import CONSENT, HONEYPOT, origin_of
from server.pages.render import page
from server.settings import custom_fields

THANKS = "Thank you. We will be in touch."
OF_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
# How a lead's own fields are asked for: the kind of input, and what browsers fill in by themselves.
OWN = {
    "name": ("text", "name"),
    "email": ("email", "email"),
    "phone": ("tel", "tel"),
    "company": ("text", "organization"),
    "position": ("text", "organization-title"),
    "message": ("textarea", "off"),
}
KINDS = {
    "text": "text",
    "number": "number",
    "money": "text",
    "date": "date",
    "select": "select",
    "multi_select": "checkboxes",
    "url": "url",
    "boolean": "checkbox",
}


def wants_page(request: web.Request) -> bool:
    """Whether it is a browser that sent a plain form, and shows what it gets."""
    return request.content_type in OF_FORMS and "text/html" in request.headers.get("Accept", "")


async def taken(ctx: Context, form: Form, team: str, answers: Row) -> web.Response:
    """Take what was sent, and lead the visitor to the thanks; or show the form again with what is wrong."""
    try:
        await submission.take(ctx, form, answers)
    except Invalid as error:
        return await shown(ctx, form, team, answers, {e.field: e.message for e in error.errors}, status=422)
    except AppError as error:
        return notice(ctx.request, team, error.title, error.detail, status=error.status, headers=error.headers)
    return web.Response(status=303, headers={"Location": form.thanks_url or f"/f/{form.token}/thanks"})


async def shown(
    ctx: Context, form: Form, team: str, answers: Row, wrong: dict[str, str], *, status: int = 200
) -> web.Response:
    """The form's page."""
    by = Actor(kind="client", id=form.id, name=form.name, team_id=form.team_id)
    async with unit_of_work(by, read_only=True):
        fields = await custom_fields.fields_of("lead")
    asked = [one for one in form.inputs if not one["to"].startswith("custom.") or one["to"][7:] in fields]
    inputs = [_input(one, fields, answers.get(one["name"]), wrong.get(one["name"])) for one in asked]
    named = {one["name"] for one in inputs} | {CONSENT}
    more = [message for name, message in wrong.items() if name not in named]
    agreed = bool(answers.get(CONSENT))
    values = {"form": form, "team": team, "inputs": inputs, "wrong": wrong, "more": more, "agreed": agreed}
    return page(ctx.request, "forms/form.html", status=status, honeypot=HONEYPOT, **_reach(form), **values)


def thanked(ctx: Context, form: Form, team: str) -> web.Response:
    """The page after sending."""
    return notice(ctx.request, team, "Sent", form.thanks or THANKS, **_reach(form))


def notice(request: web.Request, team: str, title: str, text: str, **options: Any) -> web.Response:
    """A page that says one thing."""
    return page(request, "forms/notice.html", team=team, title=title, text=text, **options)


def _reach(form: Form) -> dict[str, str]:
    """Where the page may lead after sending, and who may show it in a frame."""
    leads_to = f" {origin_of(form.thanks_url)}" if form.thanks_url else ""
    return {"form_action": f"'self'{leads_to}", "frame_ancestors": " ".join(["'self'", *form.origins])}


def _input(one: Row, fields: dict[str, custom_fields.Field], value: Any, wrong: str | None) -> Row:
    field = fields.get(one["to"].removeprefix("custom."))
    kind, fills = OWN.get(one["to"]) or (KINDS[field.type] if field else "text", "off")
    chosen = value if isinstance(value, list) else [] if value is None else [str(value)]
    return one | {
        "kind": kind,
        "autocomplete": fills,
        "options": field.options if field else [],
        "chosen": chosen,
        "wrong": wrong,
    }
