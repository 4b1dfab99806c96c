"""The endpoints of teams and their people; `{id}` is the team that the caller acts in, whichever the token names."""

from __future__ import annotations

from uuid import UUID

from aiohttp import web

from models.base import Condition
from models.errors import Conflict, PermissionDenied, PreconditionFailed
from models.identity import Team
from server.auth import cookies, sessions
from server.auth.schemas import SignedInOut, TeamOut
from server.core import limits
from server.core.edge import respond_once
from server.core.pages import Listing, ListQuery
from server.core.permissions import Can, SignedIn
from server.core.routing import Context, Routes
from server.core.system import system_unit
from server.core.view import Row, Shown
from server.teams import accept, invitations, people, service
from server.teams.schemas import (
    DeleteIn,
    HandOverQuery,
    InvitationOut,
    InviteIn,
    MemberOut,
    RoleIn,
    TeamIn,
    TeamPatch,
    TransferIn,
)

# Importing it declares its endpoint.
__all__ = ["accept", "routes"]

routes = Routes("/api/teams", tag="teams", about=Team, of_team=True)
listing = Listing(TeamOut, filters=("name", "slug", "currency"), sort=("name",), default="created_at")
members_listing = Listing(MemberOut, filters=("role", "user_id"), sort=("joined_at", "role"), default="joined_at")
invitations_listing = Listing(InvitationOut, filters=("email", "role"), sort=("sent_at", "email"), default="-sent_at")
PRESENT = Condition("t.left_at IS NULL")


@routes.get("", can=SignedIn, gives=TeamOut, listing=listing, tx="none")
async def list_mine(ctx: Context, query: ListQuery) -> Row:
    """The teams I belong to."""
    async with system_unit(ctx.actor, read_only=True):
        return await listing.shown(query, ctx.actor)


@routes.post("", can=SignedIn, gives=TeamOut, status=201, tx="none")
async def create(ctx: Context, body: TeamIn) -> web.StreamResponse:
    """Create a team; its creator is the owner. To work in it, switch to it."""
    async with system_unit(ctx.actor, request_id=ctx.request_id, address=ctx.address) as unit:
        return await respond_once(ctx, unit, lambda: service.create(body, by=ctx.actor))


@routes.get("/{id}", can=Can.TEAM_READ, gives=TeamOut)
async def get_one(ctx: Context, id: UUID) -> Shown:
    """One of my teams."""
    return await TeamOut.shown(ctx.actor, id)


@routes.put("/{id}", can=Can.TEAM_WRITE, gives=TeamOut)
async def replace(ctx: Context, id: UUID, body: TeamIn) -> Row:
    """Replace the team's editable fields; what is left out gets its default."""
    return await service.change(id, body.model_dump(), by=ctx.actor)


@routes.patch("/{id}", can=Can.TEAM_WRITE, gives=TeamOut)
async def change(ctx: Context, id: UUID, body: TeamPatch) -> Row:
    """Change the fields sent."""
    return await service.change(id, body.sent(), by=ctx.actor)


@routes.delete("/{id}", can=Can.TEAM_DELETE)
async def delete(ctx: Context, id: UUID, body: DeleteIn) -> None:
    """Delete the team, confirmed by its name; its sockets are closed, its tokens worth nothing."""
    await service.delete(id, body.confirm, by=ctx.actor)


@routes.post("/{id}/switch", can=SignedIn, gives=SignedInOut, tx="none", secret=True)
async def switch(ctx: Context, id: UUID) -> web.Response:
    """New tokens for another of my teams."""
    async with system_unit(ctx.actor, request_id=ctx.request_id, address=ctx.address):
        answer = await sessions.move(ctx.actor.session_id, ctx.actor.id, id)
        from_cookie = await sessions.in_cookie(ctx.actor.session_id)
    return cookies.signed_in(ctx.request, answer, from_cookie=from_cookie)


# ---- people ----


@routes.get("/{id}/members", can=Can.MEMBERS_READ, gives=MemberOut, listing=members_listing)
async def list_members(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The people in the team, each with their role and whether they are online."""
    page = await members_listing.page(query, ctx.actor, where=PRESENT)
    return page | {"items": await people.seen(page["items"], id)}


@routes.patch(
    "/{id}/members/{user_id}/role", can=Can.MEMBERS_MANAGE, gives=MemberOut, raises=(Conflict, PreconditionFailed)
)
async def change_role(ctx: Context, id: UUID, user_id: UUID, body: RoleIn) -> Row:
    """Change a member's role; it holds at once, on live sockets too."""
    return await people.change_role(user_id, body.role, by=ctx.actor)


@routes.delete("/{id}/members/{user_id}", can=Can.MEMBERS_MANAGE, raises=(Conflict,))
async def remove(ctx: Context, id: UUID, user_id: UUID, query: HandOverQuery) -> None:
    """Remove a member; their tokens and sockets end at once, and what they owned goes to another member or nobody."""
    await people.remove(user_id, query.hand_over_to, by=ctx.actor)


@routes.post("/{id}/leave", can=SignedIn, status=204, raises=(Conflict,))
async def leave(ctx: Context, id: UUID) -> None:
    """Leave the team; its last owner cannot."""
    await people.leave(by=ctx.actor)


# Whoever has handed the team over lacks the permission, and is yet answered the same again under the same key.
@routes.post("/{id}/transfer", can=SignedIn, gives=TeamOut, raises=(PermissionDenied,))
async def transfer(ctx: Context, id: UUID, body: TransferIn) -> Row:
    """Make a member the owner in my place; I stay as an admin."""
    ctx.actor.must(Can.TEAM_TRANSFER)
    return await people.transfer(id, body.user_id, by=ctx.actor)


# ---- invitations ----


@routes.post(
    "/{id}/invite",
    can=Can.MEMBERS_INVITE,
    gives=InvitationOut,
    status=201,
    location="/api/teams/{of}/invitations/{id}",
    raises=(Conflict,),
)
async def invite(ctx: Context, id: UUID, body: InviteIn) -> Row:
    """Invite an address with a role not above my own; the link is in the mail."""
    row = await invitations.invite(body, by=ctx.actor)
    await limits.hit(ctx.request, "invite", row["email"])  # the last thing, so that only mails that go out count
    return row


@routes.get("/{id}/invitations", can=Can.MEMBERS_INVITE, gives=InvitationOut, listing=invitations_listing)
async def list_invitations(ctx: Context, id: UUID, query: ListQuery) -> Row:
    """The invitations that were neither accepted nor withdrawn."""
    return await invitations_listing.shown(query, ctx.actor)


@routes.delete("/{id}/invitations/{invitation_id}", can=Can.MEMBERS_INVITE)
async def withdraw(ctx: Context, id: UUID, invitation_id: UUID) -> None:
    """Withdraw an invitation; its link is worth nothing any more."""
    await invitations.withdraw(invitation_id, by=ctx.actor)


@routes.post("/{id}/invitations/{invitation_id}/resend", can=Can.MEMBERS_INVITE, gives=InvitationOut)
async def resend(ctx: Context, id: UUID, invitation_id: UUID) -> Row:
    """Send it again with a new link; the old one is worth nothing."""
    row = await invitations.resend(invitation_id, by=ctx.actor)
    await limits.hit(ctx.request, "invite", row["email"])
    return row
