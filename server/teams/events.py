"""What is told of teams, their people and invitations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import Field

from server.auth.schemas import TeamOut
from server.core.events import Ending, Event, event
from server.core.rooms import Audience, kind_room, member_room
from server.teams.schemas import InvitationOut, MemberOut

TEAM = {Audience.TEAM}


@event("team.created", says="{actor} created the team {subject}", live=TEAM, shows=TeamOut)
class TeamCreated(Event):
    """There is a new team; its first owner is the actor."""


@event("team.updated", says="{actor} changed the team: {changes}", live=TEAM, webhook=True, shows=TeamOut)
class TeamUpdated(Event):
    """The team's own fields changed; who may see less by its new setting leaves the rooms that they lose."""

    lost: tuple[str, ...] = Field(default=(), exclude=True)

    def ends(self, about: Any) -> Iterable[Ending]:
        for kinds in self.lost:
            yield Ending(kind_room(kinds, about.id), "access_changed", recheck=True)


@event("team.transferred", says="{actor} handed the team over to {name}", live=TEAM, webhook=True, shows=TeamOut)
class TeamTransferred(Event):
    """Follows the two changes of role."""

    user_id: UUID
    name: str


@event("team.deleted", says="{actor} deleted the team “{name}”", live=TEAM | {Audience.LINKS})
class TeamDeleted(Event):
    """The team is gone: the sockets of all who were in it are closed, their tokens for it are worth nothing."""

    name: str
    rooms: tuple[str, ...] = Field(default=(), exclude=True)

    def ends(self, about: Any) -> Iterable[Ending]:
        for room in self.rooms:
            yield Ending(room, "token_revoked", disconnects=True)


class _OfMember(Event):
    user_id: UUID
    name: str


@event("member.joined", says="{name} joined the team as {role}", live=TEAM, webhook=True, shows=MemberOut)
class MemberJoined(_OfMember):
    """Somebody accepted an invitation."""

    role: str


@event("member.role_changed", says="{actor} made {name} {role}", live=TEAM, webhook=True, shows=MemberOut)
class MemberRoleChanged(_OfMember):
    """The role holds from now on; sockets lose the rooms that it does not open."""

    role: str
    rooms: tuple[str, ...] = Field(default=(), exclude=True)

    def ends(self, about: Any) -> Iterable[Ending]:
        version = about.role_version
        for room in (member_room(about.id), *self.rooms):
            yield Ending(room, "role_changed", user_id=self.user_id, recheck=True, role_version=version)


class _Gone(_OfMember):
    rooms: tuple[str, ...] = Field(default=(), exclude=True)

    def ends(self, about: Any) -> Iterable[Ending]:
        for room in (member_room(about.id), *self.rooms):
            yield Ending(room, "token_revoked", user_id=self.user_id, disconnects=True)


@event("member.removed", says="{actor} removed {name} from the team", live=TEAM, webhook=True)
class MemberRemoved(_Gone):
    """The person is in the team no more: their sockets are closed, their projects and tasks let go of them."""


@event("member.left", says="{name} left the team", live=TEAM, webhook=True)
class MemberLeft(_Gone):
    """As `member.removed`, by the person's own wish."""


@event(
    "records.handed_over",
    says="{count} records of {name} are {to}",
    live={Audience.MEMBERS},
    notify=True,
    webhook=True,
)
class RecordsHandedOver(_OfMember):
    """What somebody owned who is gone is another's, or nobody's; each record has told so before. Told to its new owner,
    else to the team's owners."""

    count: int
    to: str
    to_id: UUID | None
    member_ids: list[UUID]

    def members(self) -> list[UUID]:
        return self.member_ids


class _OfInvitation(Event):
    email: str
    hearers: tuple[UUID, ...] = Field(default=(), exclude=True)

    def members(self) -> Iterable[UUID]:
        return self.hearers


@event("invitation.sent", says="{actor} invited {email} as {role}", live={Audience.MEMBERS}, shows=InvitationOut)
class InvitationSent(_OfInvitation):
    """A mail is on its way; heard by those who may invite."""

    role: str


@event("invitation.withdrawn", says="{actor} withdrew the invitation of {email}", live={Audience.MEMBERS})
class InvitationWithdrawn(_OfInvitation):
    """Its link is worth nothing any more."""
