"""`/p/{token}`: the page that a client opens. The server draws it, also anew after each change; the script asks for it
again and puts what changed in its place, so that page, PDF and API cannot say different things."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

import msgspec
from aiohttp import web

from models.actors import Actor
from models.db import connection
from models.errors import NotFound, Unauthorised
from server.core.permissions import Public
from server.core.routing import Context, Routes
from server.core.unit import unit_of_work
from server.core.view import Row
from server.pages import assets
from server.pages.routes import AnyQuery
from server.paper import fonts
from server.paper.proposal import environment, look, picture, view
from server.paper.reader import Reader
from server.paper.sources import logo_of, logo_today
from server.proposals import links, public
from server.settings.logo import picture as logo_picture

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; font-src 'self'; img-src 'self' data:; "
    "connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {frame_ancestors}"
)
BRANDING = (
    "SELECT coalesce(business ->> 'name', name) AS name, business -> 'branding' AS branding FROM team WHERE id = $1"
)
routes = Routes("", tag="pages")


@routes.get("/p/{token}", can=Public, hidden=True, limit="none")
async def proposal_page(ctx: Context, token: str, query: AnyQuery) -> web.Response:
    """The proposal page a client opens in a browser."""
    try:
        by = await links.holder(ctx.request)
    except NotFound as error:
        return answer(ctx, "closed", 404, None, Reader("en", "UTC"), {"code": error.code})
    except Unauthorised as error:  # the token of a code ran out: ask for another one
        return answer(ctx, "code", 401, None, Reader("en", "UTC"), {"code": error.code})
    async with unit_of_work(by, read_only=True, snapshot=True):
        reader, team = await _reader(by), await team_of(by.team_id)
        try:
            shown = await public.read(by)
        except NotFound as error:
            return answer(ctx, "closed", 404, team, reader, {"code": error.code})
        except Unauthorised as error:
            return answer(ctx, "code", 401, team, reader, {"code": error.code})
        team["logo"] = await picture_of(await logo_of(shown["sender"], by.team_id), by.team_id)
    return answer(ctx, "page", 200, team, reader, drawn(shown, reader))


def drawn(shown: Row, reader: Reader) -> Row:
    """What the page says of the record that its recipient gets."""
    # As the API shows it: ids and times are text.
    record = msgspec.json.decode(msgspec.json.encode(shown))
    client = record["client_name"] and {"name": record["client_name"]}
    sent = record["sent_at"] and datetime.fromisoformat(record["sent_at"])
    return view(record | {"client": client}, reader, expires=record["expires_on"], sent=sent) | {"record": record}


async def waiting(ctx: Context) -> web.Response:
    """What a browser without a script shows while the PDF is made; it asks again by itself."""
    async with unit_of_work(ctx.actor, read_only=True):
        reader, team = await _reader(ctx.actor), await team_of(ctx.actor.team_id)
    return answer(ctx, "waiting", 202, team, reader, {})


READS = "SELECT language, timezone FROM proposal_recipient WHERE team_id = $1 AND id = $2"


async def _reader(by: Actor) -> Reader:
    """The recipient, as they read."""
    row = await connection().fetchrow(READS, by.team_id, by.id)
    assert row is not None
    return Reader(row["language"], row["timezone"])


async def team_of(id: UUID) -> Row:
    """How the team looks today: also a page that shows nothing else is theirs."""
    row = await connection().fetchrow(BRANDING, id)
    assert row is not None
    return {
        "name": row["name"],
        "branding": msgspec.json.decode(row["branding"]) if row["branding"] else {},
        "logo": await picture_of(await logo_today(id), id),
    }


async def picture_of(logo: str | None, team_id: UUID) -> str | None:
    return picture(await logo_picture(team_id, logo)) if logo else None


def answer(
    ctx: Context,
    template: str,
    status: int,
    team: Row | None,
    reader: Reader,
    values: Row,
    *,
    frame_ancestors: str = "'none'",
) -> web.Response:
    nonce = secrets.token_urlsafe(16)
    given = {
        "team": team,
        "look": look((team or {}).get("branding") or {}),
        "reader": reader,
        "words": reader.words,
        "nonce": nonce,
        "static": assets.address,
        "faces": fonts.linked(assets.address),
        "token": ctx.request.match_info.get("token", ""),
    }
    text = environment().get_template(f"paper/web/{template}.html").render(given | values)
    policy = POLICY.format(nonce=nonce, host=ctx.request.host, frame_ancestors=frame_ancestors)
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",  # the address is the key
        "X-Robots-Tag": "noindex, nofollow",
    }
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)
