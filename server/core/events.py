"""Events: declared once, recorded in the transaction of the change, appended to the log as its last statement.

A fact that takes a right away says so itself: its class overrides `ends`, and every process acts on it at that very
seq, before the room's next event goes out:

    @event("project.member_removed", says="{actor} took {name} off the project", live={Audience.PROJECT})
    class ProjectMemberRemoved(Event):
        user_id: UUID

        def ends(self, about):                        # the person's sockets leave the room: `room.closed {code}`
            yield Ending(project_room(about.id), "removed", user_id=self.user_id)

    project.deleted       Ending(project_room(about.id), "deleted")                        # everybody leaves
    link.revoked          Ending(portal_room(link_id), "token_revoked")                    # closes the sockets
    session.ended         Ending(member_room(m), "token_revoked", session_id=self.session_id)
    member.removed        Ending(room, "token_revoked", user_id=…, disconnects=True)       # in each room they may be in
    member.role_changed   Ending(room, "role_changed", user_id=…, recheck=True)            # asks their rooms again

To lose one's own room (`member:{id}`, a visitor's `portal:{id}`) is to lose the connection: `closed {code}`.
A room knows nothing of another one's seq: a right that is lost in several rooms at once is logged in each of them
(`log.rooms_of`), or an event may slip out in one before the other has told. See `docs/decisions/rights.md`.
The fact is logged in the rooms that its endings name, whether `live` names them or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict

from models.actors import Actor
from models.clock import now
from models.ids import uuid7
from server.core import unit as units
from server.core.append import append_and_commit
from server.core.rooms import (
    KINDS,
    Audience,
    kind_room,
    member_room,
    portal_room,
    project_room,
    proposal_room,
    team_room,
)
from server.core.unit import current
from server.core.view import Shown

FollowerWants = Callable[["type[Event]"], bool]


@dataclass(frozen=True, slots=True)
class Ending:
    """A right that a fact takes away: who may no longer be in `room`. Naming nobody means everybody who is in it.

    `disconnects`: to lose this room is to lose the connection, as it is for one's own room. `recheck` takes nothing
    away for certain: the sockets are authorised again and lose only what they may not have; those that have been asked
    since `role_version` are left alone.
    """

    room: str
    code: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    recheck: bool = False
    role_version: int | None = None
    disconnects: bool = False


class Event(BaseModel):
    """A fact's own fields (its `detail`); the envelope is made by `record`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ClassVar[str]
    says: ClassVar[str]
    live: ClassVar[frozenset[Audience]]
    notify: ClassVar[bool]
    mail: ClassVar[bool]
    webhook: ClassVar[bool]
    shows: ClassVar[Any] = None  # the output schema that renders `data`; None: no record is shown
    public: ClassVar[Any] = None  # the schema of what the holders of links get as `data`, and nothing else of the fact

    def members(self) -> Iterable[UUID]:
        """The memberships in whose rooms the event is heard, for `Audience.MEMBERS`."""
        return ()

    def links(self) -> Iterable[UUID]:
        """The links in whose rooms the event is heard, for `Audience.LINKS`."""
        return ()

    def ends(self, about: Any) -> Iterable[Ending]:
        """The rights that this fact takes away from live sockets; `about` is the record it is recorded about."""
        return ()

    def detail(self) -> dict[str, Any]:
        return self.model_dump()


catalogue: dict[str, type[Event]] = {}
E = TypeVar("E", bound=Event)


def event(
    type: str,
    *,
    says: str,
    live: Iterable[Audience] = (),
    notify: bool = False,
    mail: bool = False,
    webhook: bool = False,
    shows: Any = None,
    public: Any = None,
) -> Callable[[type[E]], type[E]]:
    """Declare an event class.

    `says` is the sentence of the activity feed (fields of detail, `{actor}` and `{subject}`), `live` who hears it at
    once, `notify` and `mail` whether people are told in-app and by e-mail, `webhook` whether outsiders may subscribe.
    """

    def declare(cls: Any) -> Any:
        if type in catalogue:
            raise TypeError(f"event {type} is declared twice")
        cls.type, cls.says, cls.live = type, says, frozenset(live)
        cls.notify, cls.mail, cls.webhook = notify, mail, webhook
        cls.shows = shows if shows is not None else cls.shows
        cls.public = public if public is not None else cls.public
        catalogue[type] = cls
        return cls

    return declare


@dataclass(slots=True)
class Recorded:
    """A fact waiting for the end of its unit of work."""

    event: Event
    id: UUID
    team_id: UUID
    at: datetime
    actor: dict[str, Any]
    subject_kind: str
    subject_id: UUID
    subject_version: int
    project_id: UUID | None
    proposal_id: UUID | None
    data: Any
    changes: dict[str, Any] | None
    rooms: list[str] = field(default_factory=list)
    public: Any = None
    endings: list[Ending] = field(default_factory=list)
    followers: tuple[str, ...] = ()


async def record(
    event: Event,
    *,
    about: Any,
    by: Actor,
    changes: dict[str, list[Any]] | None = None,
    data: Any = None,
    public: Any = None,
) -> None:
    """Write the fact into the running unit of work; refuses to run outside one.

    `about` is the record (with `id`, `version`, `team_id`, `noun`). `data` is the record as REST shows it, a row or
    `Shown`; left out, it is read through the event's `shows`; `public` is what the holders of links see.
    `changes` are columns as `{name: [old, new]}`.
    """
    unit = current()
    shows = type(event).shows
    if data is None and shows is not None:
        data = await shows.of(about)
    if isinstance(data, Shown):
        data = msgspec.Raw(data.json)
    if changes and shows is not None:
        changes = shows.present(changes, about)
    project_id = about.id if about.noun == "project" else getattr(about, "project_id", None)
    team_id = about.id if about.noun == "team" else about.team_id
    proposal_id = getattr(about, "proposal_id", None)
    subject = (about.noun, about.id, about.version)
    recorded = Recorded(event, uuid7(), team_id, now(), by.as_event(), *subject, project_id, proposal_id, data, changes)
    recorded.public = public
    recorded.endings = list(event.ends(about))
    recorded.rooms = rooms_of(recorded, getattr(about, "kinds", ""))
    recorded.followers = followers_of(type(event))
    unit.events.append(recorded)


Heard = Callable[[Recorded, str], Iterable[str]]  # the rooms of a fact; beside it, the kind of record it hangs on
HEARD: dict[Audience, Heard] = {
    Audience.TEAM: lambda fact, kinds: [team_room(fact.team_id)],
    Audience.PROJECTS: lambda fact, kinds: [kind_room("projects", fact.team_id)],
    Audience.RECORD: lambda fact, kinds: [kind_room(kinds, fact.team_id)] if kinds else (),
    Audience.PROJECT: lambda fact, kinds: () if fact.project_id is None else [project_room(fact.project_id)],
    Audience.PROPOSAL: lambda fact, kinds: [proposal_room(fact.proposal_id or fact.subject_id)],
    Audience.LINKS: lambda fact, kinds: map(portal_room, fact.event.links()),
    Audience.SUBJECT: lambda fact, kinds: [member_room(fact.subject_id)],
    Audience.MEMBERS: lambda fact, kinds: map(member_room, fact.event.members()),
    **{kind: lambda fact, kinds, kind=kind: [kind_room(kind.value, fact.team_id)] for kind in KINDS},
}


def rooms_of(fact: Recorded, kinds: str) -> list[str]:
    """The rooms in which a fact is logged, in order."""
    rooms = {ending.room for ending in fact.endings}
    for audience in type(fact.event).live:
        rooms.update(HEARD[audience](fact, kinds))
    return sorted(rooms)


_followers: dict[str, FollowerWants] = {}


def follower(name: str, wants: FollowerWants) -> None:
    """Name a follower of the log: each event it wants gets a delivery row in the event's own transaction."""
    _followers[name] = wants
    followers_of.cache_clear()


@cache
def followers_of(event: type[Event]) -> tuple[str, ...]:
    return tuple(name for name, wants in _followers.items() if wants(event))


units.hooks.append_and_commit = append_and_commit
