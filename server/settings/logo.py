"""The team's logo: on its documents and on the pages that its clients see."""

from __future__ import annotations

import asyncio
import hashlib
from uuid import UUID

from aiohttp import web

from models.errors import NotFound, UnsupportedMedia
from models.identity import Team
from server.core.events import record
from server.core.multipart import MIB, File, Form
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.storage import storage
from server.core.view import Row
from server.settings.business_schemas import BusinessOut
from server.settings.events import BusinessUpdated
from server.settings.pictures import redrawn

WITHIN = (1200, 600)
routes = Routes("/api/settings/business/logo", tag="settings")


class LogoIn(Form):
    """The picture: PNG, JPEG or WebP."""

    file: File


@routes.post("", can=Can.BUSINESS_WRITE, gives=BusinessOut, max_body=5 * MIB, raises=(UnsupportedMedia,))
async def put_logo(ctx: Context, body: LogoIn) -> Row:
    """Set the logo (multipart `file`): drawn anew as a PNG of at most 1200 × 600 pixels."""
    picture = await asyncio.to_thread(redrawn, body.file.file, within=WITHIN, field="file")
    digest = hashlib.sha256(picture.content).hexdigest()
    # Under the name of its content: documents that were sent with an older logo keep theirs.
    await storage().put(ctx.actor.team_id, key_of(digest), picture.content)
    return await _set(ctx, {"sha256": digest, "width": picture.width, "height": picture.height})


@routes.get("", can=Can.BUSINESS_READ, media="image/png", raises=(NotFound,))
async def show_logo(ctx: Context) -> web.Response:
    """The logo as a PNG."""
    team = await Team.get_visible(ctx.actor, id=ctx.actor.team_id)
    if team.logo is None:
        raise NotFound("There is no logo yet.")
    return web.Response(body=await picture(team.id, team.logo["sha256"]), content_type="image/png")


@routes.delete("", can=Can.BUSINESS_WRITE)
async def remove_logo(ctx: Context) -> None:
    """Go without a logo; documents that were sent keep theirs."""
    await _set(ctx, None)


async def picture(team_id: UUID, digest: str) -> bytes:
    """The logo of that digest. Raises `NotFound`."""
    with await storage().open(team_id, key_of(digest)) as file:
        return await asyncio.to_thread(file.read)


def key_of(digest: str) -> str:
    return f"logos/{digest}.png"


async def _set(ctx: Context, logo: Row | None) -> Row:
    team = await Team.locked(ctx.actor, id=ctx.actor.team_id)
    changes, row = await BusinessOut.change(team, {"logo": logo})
    if changes:
        await record(BusinessUpdated(), about=team, by=ctx.actor, changes=changes, data=row)
    return row
