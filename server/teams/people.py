"""Who is in the team, and with which role."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict, NotFound, wrong
from models.identity import Member, Team
from server.auth.schemas import TeamOut
from server.core.events import record
from server.core.online import online
from server.core.pipeline import RoleChanged
from server.core.view import Row
from server.records.life import check_member
from server.teams import departure, invitations, roles
from server.teams.events import MemberLeft, MemberRemoved, MemberRoleChanged, TeamTransferred
from server.teams.schemas import MemberOut

# A change of role holds all owners, the caller and the person concerned, always in this order: of two changes at once
# one waits for the other and then sees what is left. NO KEY: nobody who only refers to a member waits.
HOLD = """
SELECT t.* FROM member t WHERE t.team_id = $1 AND t.left_at IS NULL AND (t.role = 'owner' OR t.user_id = ANY($2))
ORDER BY t.id FOR NO KEY UPDATE
"""
NAME = "SELECT name FROM app_user WHERE id = $1"


async def seen(rows: list[Row], team_id: UUID) -> list[Row]:
    """The members with who is online."""
    there = await online(team_id)
    for row in rows:
        row["online"] = str(row["user_id"]) in there
    return rows


async def change_role(user_id: UUID, role: str, *, by: Actor) -> Row:
    """Give the person another role, which holds at once. Raises `Conflict` (last_owner)."""
    held = await _hold(by, user_id)
    member = _of(held, user_id)
    member.expect()
    roles.refuse_above(member.role, by)
    roles.refuse_above(role, by)
    if role != member.role:
        _keep_an_owner(held, member)
        await _give(member, role, by)
    return await _shown(member)


async def remove(user_id: UUID, hand_over_to: UUID | None, *, by: Actor) -> None:
    """Take the person out of the team; their tokens and sockets end with the commit. Raises `Conflict` (last_owner)."""
    if hand_over_to == user_id:
        raise wrong("hand_over_to", "not_allowed", "Somebody who stays.")
    await check_member("hand_over_to", hand_over_to, by=by)
    held = await _hold(by, user_id)
    member = _of(held, user_id)
    member.expect()
    roles.refuse_above(member.role, by)
    await _let_go(held, member, MemberRemoved, by, hand_over_to)


async def leave(*, by: Actor) -> None:
    """Go, by one's own wish. Raises `Conflict` (last_owner)."""
    held = await _hold(by, by.id)
    await _let_go(held, _of(held, by.id), MemberLeft, by)


async def transfer(id: UUID, user_id: UUID, *, by: Actor) -> Row:
    """Make the person owner in the caller's place, who stays as an admin."""
    if user_id == by.id:
        raise wrong("user_id", "not_allowed", "You are the owner already.")
    held = await _hold(by, user_id)
    if user_id not in held:
        raise wrong("user_id", "not_found", "Nobody on the team has this id.")
    if held[user_id].role != "owner":
        await _give(held[user_id], "owner", by)
    await _give(held[by.id], "admin", by)
    row = await TeamOut.read(id)
    event = TeamTransferred(user_id=user_id, name=await _name(user_id))
    await record(event, about=await Team.get_visible(by, id=id), by=by, data=row)
    return row


async def _hold(by: Actor, *user_ids: UUID) -> dict[UUID, Member]:
    rows = await connection().fetch(HOLD, by.team_id, [by.id, *user_ids])
    held = {r["user_id"]: Member._from_row(r) for r in rows}
    # Between the token's check and these locks somebody may have changed the caller's own role.
    if by.id not in held or held[by.id].role_version != by.role_version:
        raise RoleChanged
    return held


def _of(held: dict[UUID, Member], user_id: UUID) -> Member:
    if user_id not in held:
        raise NotFound("There is no such member.")
    return held[user_id]


def _keep_an_owner(held: dict[UUID, Member], going: Member) -> None:
    if going.role == "owner" and not any(m.role == "owner" for m in held.values() if m is not going):
        raise Conflict("A team needs an owner; hand it over first.", code="last_owner")


async def _give(member: Member, role: str, by: Actor) -> None:
    old = member.role
    rooms = await departure.shared_rooms(member, old) if roles.narrows(old, role) else ()
    await member.change(role=role, role_version=member.role_version + 1)
    await invitations.withdraw_of(member.user_id, but=roles.grantable(role), by=by)
    event = MemberRoleChanged(user_id=member.user_id, name=await _name(member.user_id), role=role, rooms=rooms)
    data = await _shown(member)
    await record(event, about=member, by=by, changes={"role": [old, role]}, data=data)


async def _let_go(
    held: dict[UUID, Member],
    member: Member,
    event: type[MemberRemoved] | type[MemberLeft],
    by: Actor,
    hand_over_to: UUID | None = None,
) -> None:
    _keep_an_owner(held, member)
    await departure.unstaff(member, by=by)
    await departure.ask_to_hand_over(member, hand_over_to)
    await invitations.withdraw_of(member.user_id, but=(), by=by)
    await member.change(left_at=now(), role_version=member.role_version + 1)
    rooms = await departure.shared_rooms(member, member.role)
    await record(event(user_id=member.user_id, name=await _name(member.user_id), rooms=rooms), about=member, by=by)


async def _shown(member: Member) -> Row:
    [row] = await seen([await MemberOut.of(member)], member.team_id)
    return row


async def _name(user_id: UUID) -> str:
    return str(await connection().fetchval(NAME, user_id))
