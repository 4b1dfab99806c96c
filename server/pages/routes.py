"""The addresses of the pages. None asks for a token: a page without a session lets its script find one, or go to
sign in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from models.actors import Actor
from models.errors import Unauthorised
from server.auth.cookies import visitor
from server.core.permissions import Public
from server.core.pipeline import RoleChanged
from server.core.routing import Context, Routes
from server.core.unit import unit_of_work
from server.core.view import Row
from server.pages import queries
from server.pages.render import page

Read = Callable[[Actor], Awaitable[Any]]
routes = Routes("", tag="pages")
OPEN = {"can": Public, "hidden": True, "limit": "none"}


class AnyQuery(BaseModel):
    """What a page's script reads (`token`, `next`, `task`), and what mail programs add to a link."""

    model_config = ConfigDict(extra="ignore")


@routes.get("/", **OPEN)
async def home(ctx: Context, query: AnyQuery) -> web.Response:
    """To the projects."""
    return web.Response(status=302, headers={"Location": "/projects"})


@routes.get("/sign-in", **OPEN)
async def sign_in(ctx: Context, query: AnyQuery) -> web.Response:
    """Sign in, with the second factor where it is on."""
    return page(ctx.request, "pages/sign_in.html")


@routes.get("/register", **OPEN)
async def register(ctx: Context, query: AnyQuery) -> web.Response:
    """An account and its first team."""
    return page(ctx.request, "pages/register.html")


@routes.get("/forgot-password", **OPEN)
async def forgot_password(ctx: Context, query: AnyQuery) -> web.Response:
    """Ask for a link to a new password."""
    return page(ctx.request, "pages/forgot_password.html")


@routes.get("/reset-password", **OPEN)
async def reset_password(ctx: Context, query: AnyQuery) -> web.Response:
    """Where the link of the mail leads."""
    return page(ctx.request, "pages/reset_password.html")


@routes.get("/verify-email", **OPEN)
async def verify_email(ctx: Context, query: AnyQuery) -> web.Response:
    """Where the link of the welcome mail leads."""
    return page(ctx.request, "pages/verify_email.html")


@routes.get("/accept-invite", **OPEN)
async def accept_invite(ctx: Context, query: AnyQuery) -> web.Response:
    """Where the link of an invitation leads."""
    return page(ctx.request, "pages/accept_invite.html")


@routes.get("/projects", **OPEN)
async def projects(ctx: Context, query: AnyQuery) -> web.Response:
    """The projects as cards."""
    found, frame = await _for_visitor(ctx, queries.projects)
    return page(ctx.request, "pages/projects.html", projects=found, **frame)


@routes.get("/projects/{id}", **OPEN)
async def board(ctx: Context, id: UUID, query: AnyQuery) -> web.Response:
    """A project's board."""
    found, frame = await _for_visitor(ctx, partial(queries.board, id=id), open_id=id)
    people = {p["id"]: p["name"] for p in found["project"]["members"]} if found else {}
    return page(ctx.request, "pages/board.html", board=found, people=people, project_id=id, **frame)


@routes.get("/my-work", **OPEN)
async def my_work(ctx: Context, query: AnyQuery) -> web.Response:
    """My open tasks by their due date."""
    found, frame = await _for_visitor(ctx, queries.my_work)
    return page(ctx.request, "pages/my_work.html", groups=found, **frame)


@routes.get("/pipeline", **OPEN)
async def pipeline(ctx: Context, query: AnyQuery) -> web.Response:
    """The leads by stage."""
    return await _shell(ctx, "pages/pipeline.html")


@routes.get("/proposals", **OPEN)
async def proposals(ctx: Context, query: AnyQuery) -> web.Response:
    """The proposals as a list, and who reads one now."""
    return await _shell(ctx, "pages/proposals.html")


@routes.get("/proposals/{id}", **OPEN)
async def proposal(ctx: Context, id: UUID, query: AnyQuery) -> web.Response:
    """One proposal: who read what of it, what they asked, and what is done with it."""
    return await _shell(ctx, "pages/proposal.html", proposal_id=id)


@routes.get("/contacts", **OPEN)
async def contacts(ctx: Context, query: AnyQuery) -> web.Response:
    """The contacts as a list."""
    return await _records(ctx, "contact", "contacts")


@routes.get("/contacts/{id}", **OPEN)
async def contact(ctx: Context, id: UUID, query: AnyQuery) -> web.Response:
    """One contact, opened over the list."""
    return await _records(ctx, "contact", "contacts", id)


@routes.get("/companies", **OPEN)
async def companies(ctx: Context, query: AnyQuery) -> web.Response:
    """The companies as a list."""
    return await _records(ctx, "company", "companies")


@routes.get("/companies/{id}", **OPEN)
async def company(ctx: Context, id: UUID, query: AnyQuery) -> web.Response:
    """One company, opened over the list."""
    return await _records(ctx, "company", "companies", id)


@routes.get("/proposals/{id}/edit", **OPEN)
async def edit_proposal(ctx: Context, id: UUID, query: AnyQuery) -> web.Response:
    """A proposal, as it is written."""
    return await _shell(ctx, "pages/proposal_edit.html", proposal_id=id)


@routes.get("/settings", **OPEN)
async def settings(ctx: Context, query: AnyQuery) -> web.Response:
    """The team: its members, invitations, name; where who is in none begins one."""
    return await _shell(ctx, "pages/settings.html")


async def _records(ctx: Context, kind: str, kinds: str, id: UUID | None = None) -> web.Response:
    return await _shell(ctx, "pages/records.html", kind=kind, kinds=kinds, open_record=id)


async def _shell(ctx: Context, template: str, **values: Any) -> web.Response:
    """A page whose script asks for everything in it."""
    _, frame = await _for_visitor(ctx, queries.nothing)
    return page(ctx.request, template, **values, **frame)


async def _for_visitor(ctx: Context, read: Read, open_id: UUID | None = None) -> tuple[Any, Row]:
    """What `read` finds for the visitor, and the frame around it; nothing without a session: the page shows bones."""
    actor = await visitor(ctx.request)
    if actor is not None:
        with suppress(RoleChanged, Unauthorised):  # a session that ended just now is none
            async with unit_of_work(actor, read_only=True):
                return await read(actor), await queries.frame(actor, open_id)
    return None, {"me": None, "rail": None, "open_id": None}
