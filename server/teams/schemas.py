"""What requests carry and REST shows of teams, members and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from models.identity import Invitation, Member
from server.auth.schemas import ZONES, AnyPassword, Email, Token
from server.core.permissions import KEEPABLE
from server.core.schemas import Currency, In, Line
from server.core.view import Out, column
from server.projects.schemas import PERSON, PersonOut

Role = Literal["owner", "admin", "manager", "member"]
MAX_SETTINGS = 16 * 1024


def _bounded(value: dict[str, Any]) -> dict[str, Any]:
    if len(msgspec.json.encode(value)) > MAX_SETTINGS:
        raise PydanticCustomError("too_large", "The settings are too large.")
    return value


def _access(value: dict[str, Any]) -> dict[str, Any]:
    """`access` says of which kinds of records members see all, and of which only their own."""
    access = value.get("access", {})
    if (
        not isinstance(access, dict)
        or not access.keys() <= KEEPABLE
        or not all(seen in ("all", "own") for seen in access.values())
    ):
        raise PydanticCustomError("wrong_access", "access takes companies, contacts and leads, each `all` or `own`.")
    return value


def _timezone(value: dict[str, Any]) -> dict[str, Any]:
    """`timezone` says when the team's days begin."""
    zone = value.get("timezone", "UTC")
    if not isinstance(zone, str) or zone not in ZONES:
        raise PydanticCustomError("wrong_timezone", "timezone is one of the IANA database, such as Europe/Berlin.")
    return value


Settings = Annotated[dict[str, Any], AfterValidator(_bounded), AfterValidator(_access), AfterValidator(_timezone)]


class TeamIn(In):
    """A team; what is left out gets its default."""

    name: Line
    currency: Currency = "EUR"
    settings: Settings = Field(default_factory=dict)


class TeamPatch(TeamIn):
    """The fields to change."""

    name: Line = ""


class HandOverQuery(In):
    """Who gets what the person owns of companies, contacts, leads and forms; left out: nobody."""

    hand_over_to: UUID | None = None


class DeleteIn(In):
    """The team's name, so that nobody deletes one by mistake."""

    confirm: str


def _person(user_id: str) -> str:
    return f"(SELECT {PERSON} FROM app_user u WHERE u.id = {user_id})"


class MemberOut(Out, of=Member):
    """A person in the team. `online` is whether they have a live socket."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    user_id: UUID
    user: Annotated[PersonOut, column(_person("t.user_id"), json=True)]
    role: Role
    joined_at: datetime
    # Asked of the sockets, not of the database: `people.seen` fills it in.
    online: Annotated[bool, column("false")]


class RoleIn(In):
    role: Role


class TransferIn(In):
    """The member who becomes owner."""

    user_id: UUID


class InviteIn(In):
    email: Email
    role: Role = "member"


class InvitationOut(Out, of=Invitation):
    """Its token is in the mail only. One that has expired can be sent again."""

    id: UUID
    version: int
    created_at: datetime
    updated_at: datetime
    email: str
    role: Role
    invited_by: Annotated[PersonOut, column(_person("t.invited_by"), json=True)]
    sent_at: datetime
    expires_at: datetime


class AcceptIn(In):
    """A new account gives its name and password; an existing one its password, unless it is signed in."""

    token: Token
    name: Line | None = None
    password: AnyPassword | None = None
