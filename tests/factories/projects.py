"""Projects and their people."""

from __future__ import annotations

import itertools
import json
from typing import Any

from tests.factories.people import People, Person

_names = itertools.count(1)


class Projects(People):
    async def project(self, owner: Person, *members: Person, **fields: Any) -> dict[str, Any]:
        """A project of the owner's team, with these members on it, too."""
        answer = await owner.post("/api/projects", {"name": f"Project {next(_names)}"} | fields)
        assert answer == 201, answer
        for member in members:
            added = await owner.post(f"/api/projects/{answer.json['id']}/members", {"user_id": member.id})
            assert added == 201, added
        return answer.json

    async def happened(self, person: Person, project: dict[str, Any], after: int = 0) -> list[dict[str, Any]]:
        """The events of the project's room after a seq."""
        answer = await person.get(f"/api/projects/{project['id']}/events?after={after}")
        assert answer == 200, answer
        return answer.json["events"]

    async def heard(self, person: Person, type: str = "") -> list[dict[str, Any]]:
        """What was told in the person's own room, all or of one type."""
        sql = "SELECT wire FROM stream_entry WHERE room = $1 ORDER BY seq"
        told = [json.loads("{" + row["wire"]) for row in await self.sql(sql, f"member:{person.member_id}")]
        return [event for event in told if type in ("", event["type"])]
