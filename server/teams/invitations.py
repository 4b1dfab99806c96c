"""Invitations: sent by mail, sent again, withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.db import connection
from models.errors import Conflict, PermissionDenied
from models.identity import Invitation
from server.auth.secrets import digest, new_secret
from server.config import settings
from server.core.events import record
from server.core.mail import send_mail
from server.core.problems import constraint
from server.core.view import Row
from server.teams import roles
from server.teams.events import InvitationSent, InvitationWithdrawn
from server.teams.schemas import InvitationOut, InviteIn

LIVES = timedelta(days=7)
VERIFIED = "SELECT email_verified FROM app_user WHERE id = $1"
IS_MEMBER = """
SELECT u.name FROM member m JOIN app_user u ON u.id = m.user_id
WHERE m.team_id = $1 AND lower(u.email) = lower($2) AND m.left_at IS NULL
"""
FORGET_EXPIRED = """
DELETE FROM invitation WHERE team_id = $1 AND lower(email) = lower($2) AND accepted_at IS NULL AND expires_at <= $3
"""
OF = """
SELECT t.* FROM invitation t WHERE t.team_id = $1 AND t.invited_by = $2 AND t.accepted_at IS NULL AND t.role <> ALL($3)
ORDER BY t.id FOR UPDATE
"""
TEAM_NAME = "SELECT name FROM team WHERE id = $1"

constraint(
    "invitation_open", lambda: Conflict("This address is invited already; send it again.", code="already_invited")
)


async def invite(body: InviteIn, *, by: Actor) -> Row:
    """Ask an address to join. Raises `Conflict` (already_member, already_invited)."""
    await _may_send(body.role, by)
    if name := await connection().fetchval(IS_MEMBER, by.team_id, body.email):
        raise Conflict(f"{name} is in the team already.", code="already_member")
    at, token = now(), new_secret()
    await connection().execute(FORGET_EXPIRED, by.team_id, body.email, at)
    invitation, row = await InvitationOut.add(
        by, **body.model_dump(), token_hash=digest(token), invited_by=by.id, sent_at=at, expires_at=at + LIVES
    )
    await _send(invitation, row, token, by)
    return row


async def resend(id: UUID, *, by: Actor) -> Row:
    """Send it again, with a new link and from now on; the old link is worth nothing."""
    invitation = await Invitation.locked(by, id=id)
    await _may_send(invitation.role, by)
    at, token = now(), new_secret()
    values = {"token_hash": digest(token), "sent_at": at, "expires_at": at + LIVES, "invited_by": by.id}
    _, row = await InvitationOut.change(invitation, values)
    await _send(invitation, row, token, by)
    return row


async def withdraw(id: UUID, *, by: Actor) -> None:
    """Take it back; its link is worth nothing."""
    invitation = await Invitation.locked(by, id=id)
    invitation.expect()
    await _withdraw(invitation, by)


async def withdraw_of(user_id: UUID, *, but: Iterable[str], by: Actor) -> None:
    """Take back what the person has sent, `but` for these roles: nobody gives what they have no more."""
    for row in await connection().fetch(OF, by.team_id, user_id, list(but)):
        await _withdraw(Invitation._from_row(row), by)


async def _withdraw(invitation: Invitation, by: Actor) -> None:
    event = InvitationWithdrawn(email=invitation.email, hearers=await roles.inviters(by.team_id))
    await record(event, about=invitation, by=by)
    await invitation.remove()


async def _may_send(role: str, by: Actor) -> None:
    roles.refuse_above(role, by)
    if not await connection().fetchval(VERIFIED, by.id):
        raise PermissionDenied("Confirm your own address first.", code="email_unverified")


async def _send(invitation: Invitation, row: Row, token: str, by: Actor) -> None:
    await send_mail(
        invitation.email,
        "teams/invitation",
        language=by.language,
        team=str(await connection().fetchval(TEAM_NAME, by.team_id)),
        inviter=by.name,
        role=invitation.role,
        link=f"{settings().base_url}/accept-invite?token={token}",
    )
    event = InvitationSent(email=invitation.email, role=invitation.role, hearers=await roles.inviters(by.team_id))
    await record(event, about=invitation, by=by, data=row)
