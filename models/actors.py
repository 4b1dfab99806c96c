"""Who acts: a member, an access token, a link holder (client), an agent, or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from models.errors import PermissionDenied

Kind = Literal["user", "client", "agent", "system"]
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Actor:
    """The one on whose behalf something happens.

    `id` is the user's (or the link's) id; `member_id` the membership's, which names the room `member:{id}`. A user who
    is in no team has nobody's for both `member_id` and `team_id`.
    `scoped` is true for those who see only the projects they are on, and only their own of the kinds of records that
    the team's setting names (`own_only`: `contacts`, `leads`, …).
    """

    kind: Kind
    id: UUID
    name: str
    team_id: UUID
    member_id: UUID = NOBODY
    role: str = ""
    role_version: int = 0
    session_id: UUID = NOBODY
    can: frozenset[str] = field(default=frozenset(), repr=False)
    scoped: bool = False
    own_only: frozenset[str] = frozenset()
    email_verified: bool = True
    language: str = "en"
    timezone: str = "UTC"
    # What was made of this actor once, for whoever needs it with each request.
    made: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def in_team(self) -> bool:
        """Whether this is a member acting in their team."""
        return self.member_id != NOBODY

    def may(self, permission: str) -> bool:
        """Whether this actor holds the permission."""
        return self.kind == "system" or permission in self.can

    def sees_all(self, kinds: str) -> bool:
        """Whether this actor may see all the team's records of a kind, and not only their own."""
        return not (self.scoped and kinds in self.own_only)

    def must(self, permission: str) -> None:
        """Raise `PermissionDenied`, naming the permission, unless this actor holds it."""
        if not self.may(permission):
            raise PermissionDenied(f"Your role lacks the permission {permission}.", permission=str(permission))

    def as_event(self) -> dict[str, object]:
        """The actor as events show it."""
        return {"kind": self.kind, "id": self.id, "name": self.name}


def system_actor(team_id: UUID, name: str = "MediaFlow") -> Actor:
    """The server itself, acting inside one team (schedules, follow-ups)."""
    return Actor(kind="system", id=NOBODY, name=name, team_id=team_id)
