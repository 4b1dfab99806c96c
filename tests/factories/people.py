"""People and teams."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from tests.helpers.http import Client

PASSWORD = "correct horse battery"
_names = itertools.count(1)


class Person(Client):
    """A signed-in client that knows who it is."""

    user: dict[str, Any]
    team: dict[str, Any]
    refresh_token: str
    member_id: str

    @classmethod
    def of(cls, client: Client, answer: dict[str, Any]) -> Person:
        person = cls(client.session, client.url, answer["access_token"])
        person.user, person.team, person.refresh_token = answer["user"], answer["team"], answer["refresh_token"]
        return person

    @property
    def id(self) -> str:
        return self.user["id"]

    @property
    def team_id(self) -> str:
        return self.team["id"]


class People:
    anyone: Client
    sql: Callable[..., Awaitable[Any]]

    async def owner(self, *, name: str = "", team_name: str = "", verified: bool = True) -> Person:
        """A new account with a team of its own."""
        n = next(_names)
        body = {
            "email": f"person{n}-{uuid.uuid4().hex[:8]}@example.com",
            "password": PASSWORD,
            "name": name or f"Person {n}",
            "team_name": team_name or f"Team {n}",
        }
        answer = await self.anyone.post("/api/auth/register", body)
        assert answer == 201, answer
        person = Person.of(self.anyone, answer.json)
        if verified:
            await self.sql("UPDATE app_user SET email_verified = true WHERE id = $1", uuid.UUID(person.id))
        return await self._complete(person)

    async def member(self, of: Person, role: str = "member", *, name: str = "") -> Person:
        """Another person in the same team, with a role, signed in there."""
        person = await self.owner(name=name)
        await self.sql(
            "INSERT INTO member (id, team_id, user_id, role) VALUES ($1, $2, $3, $4)",
            uuid.uuid4(),
            uuid.UUID(of.team_id),
            uuid.UUID(person.id),
            role,
        )
        answer = await person.post(f"/api/teams/{of.team_id}/switch")
        assert answer == 200, answer
        return await self._complete(Person.of(self.anyone, answer.json))

    async def told(self, team_id: str, type: str) -> list[dict[str, Any]]:
        """The facts of this type that the team's room was told."""
        sql = "SELECT wire FROM stream_entry WHERE room = $1 AND type = $2 ORDER BY seq"
        return [json.loads("{" + row["wire"]) for row in await self.sql(sql, f"team:{team_id}", type)]

    async def _complete(self, person: Person) -> Person:
        rows = await self.sql(
            "SELECT id FROM member WHERE team_id = $1 AND user_id = $2", uuid.UUID(person.team_id), uuid.UUID(person.id)
        )
        person.member_id = str(rows[0]["id"])
        return person
