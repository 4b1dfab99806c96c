"""`/proposals/{id}/preview`: for the team, the page that the client will see, of the draft as it stands."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from uuid import UUID

from aiohttp import web

from models.actors import Actor
from models.errors import NotFound, Unauthorised
from models.proposals import Proposal
from server.auth.cookies import visitor
from server.core.permissions import Can, Public
from server.core.pipeline import RoleChanged
from server.core.routing import Context
from server.core.unit import unit_of_work
from server.core.view import Row
from server.pages.routes import AnyQuery
from server.paper import pages, sources
from server.paper.reader import Reader
from server.proposals import document, sending

# What a client's page has beside the document; here nobody signs, asks or is asked.
NOBODYS: dict[str, Any] = {
    "revising": False,
    "digest": "",
    "recipient": {"name": "", "signed_at": None},
    "can_sign": False,
    "consent": "",
    "comments": [],
}


@pages.routes.get("/proposals/{id}/preview", can=Public, hidden=True, limit="none")
async def preview(ctx: Context, id: UUID, query: AnyQuery) -> web.Response:
    """What the client will see of the draft, or saw of the version that was sent last."""
    by = await visitor(ctx.request)
    if by is not None:
        with suppress(RoleChanged, Unauthorised):  # a session that ended just now is none
            return await _preview(ctx, id, by)
    return web.Response(status=302, headers={"Location": f"/sign-in?next={ctx.request.path}"})


async def _preview(ctx: Context, id: UUID, by: Actor) -> web.Response:
    async with unit_of_work(by, read_only=True, snapshot=True):
        if not by.may(Can.PROPOSALS_READ):
            raise NotFound("There is no such proposal.")
        proposal = await Proposal.get_visible(by, id=id)
        reader, team = await _reader(proposal, by), await pages.team_of(by.team_id)
        shown = await _shown(proposal, by)
        team["logo"] = await pages.picture_of(await sources.logo_of(shown["sender"], by.team_id), by.team_id)
    drawn = pages.drawn(shown | NOBODYS, reader)
    return pages.answer(ctx, "preview", 200, team, reader, drawn, frame_ancestors="'self'")


async def _shown(proposal: Proposal, by: Actor) -> Row:
    """The document, with what is said around it."""
    version = None if proposal.status == "draft" else await sending.latest(proposal, proposal.version_number)
    content = document.shown(version) if version else await document.freeze(proposal, by=by)
    return content | {
        "status": proposal.status,
        "expires_on": proposal.expires_on,
        "client_name": content["client"] and content["client"]["name"],
        "message": version and version.message,
        "sent_at": version and version.sent_at,
    }


async def _reader(proposal: Proposal, by: Actor) -> Reader:
    """As the first recipient reads; as we do, while there is none."""
    for one in proposal.recipients:
        return Reader(one["language"], one["timezone"])
    return Reader(*await sources.reads(by))
