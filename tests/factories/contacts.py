"""Companies, contacts, leads, forms, contracts and consultants."""

from __future__ import annotations

import itertools
import json
from typing import Any

from tests.factories.people import People, Person

_names = itertools.count(1)


class Contacts(People):
    async def company(self, owner: Person, **fields: Any) -> dict[str, Any]:
        """A company of the owner's team."""
        return await _made(owner, "/api/companies", {"name": f"Company {next(_names)}"} | fields)

    async def contact(self, owner: Person, **fields: Any) -> dict[str, Any]:
        """A contact of the owner's team."""
        return await _made(owner, "/api/contacts", {"name": f"Contact {next(_names)}"} | fields)

    async def lead(self, owner: Person, **fields: Any) -> dict[str, Any]:
        """A lead of the owner's team."""
        return await _made(owner, "/api/leads", {"name": f"Lead {next(_names)}"} | fields)

    async def contract(self, owner: Person, **fields: Any) -> dict[str, Any]:
        """A contract of the owner's team."""
        return await _made(owner, "/api/contracts", {"title": f"Contract {next(_names)}"} | fields)

    async def consultant(self, owner: Person, **fields: Any) -> dict[str, Any]:
        """A consultant of the owner's team."""
        return await _made(owner, "/api/consultants", {"name": f"Consultant {next(_names)}"} | fields)

    async def form(self, owner: Person, **fields: Any) -> dict[str, Any]:
        """A form of the owner's team."""
        return await _made(owner, "/api/forms", {"name": f"Form {next(_names)}"} | fields)

    async def logged(self, room: str, after: int = 0) -> list[dict[str, Any]]:
        """What was told in a room, whatever its kind."""
        sql = "SELECT wire FROM stream_entry WHERE room = $1 AND seq > $2 ORDER BY seq"
        return [json.loads("{" + row["wire"]) for row in await self.sql(sql, room, after)]


async def _made(owner: Person, path: str, fields: dict[str, Any]) -> dict[str, Any]:
    answer = await owner.post(path, fields)
    assert answer == 201, answer
    return answer.json
