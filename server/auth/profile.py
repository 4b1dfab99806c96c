"""The caller's own account: shown, changed, and proved with its password."""

from __future__ import annotations

from typing import Any

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import PreconditionFailed
from server.auth import accounts
from server.auth.about import outdate_tokens, record_everywhere
from server.auth.events import UserUpdated
from server.auth.schemas import UserOut
from server.core import limits
from server.core.edge import if_match
from server.core.routing import Context
from server.core.system import system_unit

FIELDS = ("name", "timezone", "language")
CHANGE = """
UPDATE app_user SET name = $2, timezone = $3, language = $4, version = version + 1, updated_at = $5 WHERE id = $1
"""


async def me(actor: Actor) -> dict[str, Any]:
    """The account, with its role and permissions in the token's team, if that names one."""
    role, team_id = (actor.role, actor.team_id) if actor.in_team else (None, None)
    return await show(actor) | {"role": role, "team_id": team_id, "permissions": sorted(actor.can)}


async def show(actor: Actor) -> dict[str, Any]:
    """The account; in the system's unit, for a team sees its members only and who asks may be in none."""
    async with system_unit(read_only=True):
        return await UserOut.read(actor.id)


async def change(ctx: Context, values: dict[str, Any]) -> dict[str, Any]:
    """Write the fields that differ. Raises `PreconditionFailed` when `If-Match` names another version."""
    wanted = if_match(ctx.request)
    async with system_unit(request_id=ctx.request_id, address=ctx.address):
        await connection().execute("SELECT 1 FROM app_user WHERE id = $1 FOR UPDATE", ctx.actor.id)
        before = await UserOut.read(ctx.actor.id)
        if wanted is not None and before["version"] not in wanted:
            raise PreconditionFailed(f"The profile is at version {before['version']} now; load it again.")
        changes = {n: [before[n], v] for n, v in values.items() if before[n] != v}
        if not changes:
            return before
        after = {n: values.get(n, before[n]) for n in FIELDS}
        await connection().execute(CHANGE, ctx.actor.id, *after.values(), now())
        await outdate_tokens(ctx.actor.id)
        user = await UserOut.read(ctx.actor.id)
        await record_everywhere(UserUpdated(), ctx.actor.id, data=user, changes=changes)
        return user


async def prove(ctx: Context, password: str) -> None:
    """Ask for the caller's password again, within the limits on failures. Raises `Unauthorised`."""
    async with limits.failures(ctx.request, ("login_account", f"prove:{ctx.actor.id}")):
        async with system_unit(read_only=True) as unit:
            found = await unit.conn.fetchrow(accounts.BY_ID, ctx.actor.id)
        await accounts.by_password(password, found)
