"""Settings of the team's business: name, address, tax ids, currency, branding, numbering."""

from __future__ import annotations

from typing import Any

from models.errors import PreconditionFailed, wrong
from models.identity import Team
from models.money import places
from server.core.events import record
from server.core.permissions import Can
from server.core.routing import Context, Routes
from server.core.view import Row
from server.settings.business_schemas import BusinessIn, BusinessOut
from server.settings.events import BusinessUpdated

routes = Routes("/api/settings/business", tag="settings")


@routes.get("", can=Can.BUSINESS_READ, gives=BusinessOut)
async def show(ctx: Context) -> Row:
    """What the team's documents say of its business."""
    return await BusinessOut.one(ctx.actor, ctx.actor.team_id)


@routes.put("", can=Can.BUSINESS_WRITE, gives=BusinessOut, raises=(PreconditionFailed,))
async def replace(ctx: Context, body: BusinessIn) -> Row:
    """Replace the business settings; without a currency the team's stays."""
    team = await Team.locked(ctx.actor, id=ctx.actor.team_id)
    team.expect()
    values = body.model_dump(mode="json")
    currency = values.pop("currency") or team.currency
    try:
        places(currency)
    except ValueError as error:
        raise wrong("currency", "unknown_currency", f"{error}.") from None
    before: dict[str, Any] = team.business | {"currency": team.currency}
    changes, row = await BusinessOut.change(team, {"business": values, "currency": currency})
    if changes:
        told = {n: [before.get(n), v] for n, v in (values | {"currency": currency}).items() if before.get(n) != v}
        await record(BusinessUpdated(), about=team, by=ctx.actor, changes=told, data=row)
    return row
