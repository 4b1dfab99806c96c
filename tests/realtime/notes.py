"""A tiny domain of its own for the engine's tests: people with tokens that need no sign-in, and notes they write."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.clock import now
from models.errors import Unauthorised
from models.ids import uuid7
from realtime.credentials import token_kind
from realtime.rooms import room_kind
from server.core.announce import Entry
from server.core.events import Ending, Event, event, record
from server.core.rooms import Audience, member_room, team_room
from server.core.unit import unit_of_work

PREFIX = "test:"


@event("note.made", says="{actor} wrote a note", live={Audience.TEAM})
class NoteMade(Event):
    text: str


@event("note.sent", says="{actor} sent a note", live={Audience.TEAM, Audience.MEMBERS})
class NoteSent(Event):
    """Heard in several rooms."""

    text: str
    to: UUID

    def members(self) -> Iterable[UUID]:
        return (self.to,)


@event("note.forbidden", says="{actor} took a right away", live={Audience.TEAM})
class NoteForbidden(Event):
    """Takes away what its fields say."""

    ends_room: str
    code: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    recheck: bool = False

    def ends(self, about: Any) -> Iterable[Ending]:
        yield Ending(self.ends_room, self.code, self.user_id, self.session_id, self.recheck)


@dataclass(frozen=True)
class Someone:
    """A member of a team, as far as the engine cares."""

    actor: Actor

    def token(self, *, life: float = 900, code: str = "") -> str:
        """Lives so many seconds from when it is shown, however late that is."""
        return PREFIX + json.dumps(self.fields | {"life": life, "code": code})

    @property
    def fields(self) -> dict[str, Any]:
        """What makes the actor in another process."""
        return {n: str(getattr(self.actor, n)) for n in ("id", "team_id", "member_id", "name")}

    @property
    def team(self) -> str:
        return team_room(self.actor.team_id)

    @property
    def own(self) -> str:
        return member_room(self.actor.member_id)

    def colleague(self, name: str) -> Someone:
        return someone(name, self.actor.team_id)

    async def write(self, *texts: str) -> list[int]:
        """Make notes in one transaction; gives their seqs in the team's room."""
        return await self.record_all(*(NoteMade(text=text) for text in texts))

    async def take_away(self, room: str, code: str, **whose: Any) -> list[int]:
        return await self.record_all(NoteForbidden(ends_room=room, code=code, **whose))

    async def send(self, text: str, to: Someone) -> list[tuple[str, int]]:
        """Make a note that is heard in two rooms; gives where it stands in each, in the order of delivery."""
        return [(e.room, e.seq) for e in await self._entries(NoteSent(text=text, to=to.actor.member_id))]

    async def record_all(self, *events: Event) -> list[int]:
        """Record the facts in one transaction; gives their seqs in the team's room."""
        return [entry.seq for entry in await self._entries(*events) if entry.room == self.team]

    async def _entries(self, *events: Event) -> list[Entry]:
        async with unit_of_work(self.actor) as unit:
            for one in events:
                about = SimpleNamespace(id=uuid7(), version=1, team_id=self.actor.team_id, noun="note")
                await record(one, about=about, by=self.actor)
        return unit.entries


def someone(name: str, team_id: UUID) -> Someone:
    actor = Actor(kind="user", id=uuid7(), name=name, team_id=team_id, member_id=uuid7())
    return Someone(actor)


def actor_from(fields: dict[str, Any]) -> Actor:
    id, team_id, member_id = (UUID(fields[n]) for n in ("id", "team_id", "member_id"))
    return Actor(kind="user", id=id, name=fields["name"], team_id=team_id, member_id=member_id)


async def _verify(token: str, *, fresh: bool = False) -> tuple[Actor, Any]:
    fields = json.loads(token.removeprefix(PREFIX))
    if code := fields["code"]:
        raise Unauthorised(code=code)
    if fields["life"] <= 0:
        raise Unauthorised(code="token_expired")
    return actor_from(fields), now() + timedelta(seconds=fields["life"])


@room_kind("review", signals=["typing", "cursor"])
async def _review(actor: Actor, id: UUID) -> bool:
    """A room of the team in which people point at things."""
    return id == actor.team_id


token_kind(lambda token: token.startswith(PREFIX), _verify)
