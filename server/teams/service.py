"""The team itself: founded, changed, deleted."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.db import connection, to_json
from models.errors import wrong
from models.identity import Team
from models.money import places
from server.auth import accounts
from server.auth.schemas import TeamOut
from server.core.events import record
from server.core.log import rooms_of
from server.core.permissions import own_only
from server.core.rooms import member_room
from server.core.view import Row
from server.teams.events import TeamCreated, TeamDeleted, TeamUpdated
from server.teams.schemas import TeamIn

SET_UP = "UPDATE team SET settings = $2::jsonb WHERE id = $1"
ASK_TOKENS = "UPDATE member SET role_version = role_version + 1 WHERE team_id = $1 AND left_at IS NULL"
MEMBER_IDS = "SELECT id FROM member WHERE team_id = $1 AND left_at IS NULL ORDER BY id"


async def create(body: TeamIn, *, by: Actor) -> Row:
    """Found a team of which the caller is the owner; needs the system's unit, for no team's wall holds a new one."""
    check_currency(body.currency)
    team_id = await accounts.found_team(body.name, by.id, body.currency)
    team = await Team.get_visible(by, id=team_id)
    if body.settings:
        await connection().execute(SET_UP, team_id, to_json(body.settings))
    await record(TeamCreated(), about=team, by=by)
    return await TeamOut.read(team_id)


async def change(id: UUID, values: dict[str, Any], *, by: Actor) -> Row:
    """Change these fields."""
    if "currency" in values:
        check_currency(values["currency"])
    team = await Team.locked(by, id=id)
    had = own_only(team.settings.get("access"))
    changes, row = await TeamOut.change(team, values)
    has = own_only(team.settings.get("access"))
    if has != had:
        # Tokens know the setting as they know the role, so that they have to be asked anew as well.
        await connection().execute(ASK_TOKENS, id)
    if changes:
        await record(TeamUpdated(lost=tuple(sorted(has - had))), about=team, by=by, changes=changes, data=row)
    return row


async def delete(id: UUID, confirm: str, *, by: Actor) -> None:
    """Delete the team; from then on nobody is let in, whatever token they hold. Its rows stay for a restore."""
    team = await Team.locked(by, id=id)
    if confirm.strip() != team.name:
        raise wrong("confirm", "not_confirmed", "Must be the team's name.")
    members = await connection().fetch(MEMBER_IDS, id)
    await team.change(deleted_at=now())
    rooms = {member_room(m["id"]) for m in members} | set(await rooms_of(id))
    await record(TeamDeleted(name=team.name, rooms=tuple(sorted(rooms))), about=team, by=by)


def check_currency(currency: str) -> None:
    """Raise `Invalid` for a currency that there is not."""
    try:
        places(currency)
    except ValueError as error:
        raise wrong("currency", "unknown_currency", f"{error}.") from None
