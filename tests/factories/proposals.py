"""Proposals: written, sent, held by their recipients."""

from __future__ import annotations

import itertools
from typing import Any

from tests.factories.people import People, Person
from tests.helpers.http import Answer, Client

_names = itertools.count(1)


class Recipient(Client):
    """Somebody with a link: `await ida.view(…)`, `await ida.act("sign", …)`."""

    link: str
    id: str

    @classmethod
    def of(cls, anyone: Client, link: dict[str, Any], token: str = "") -> Recipient:
        found = cls(anyone.session, anyone.url, token)
        found.link, found.id = link["token"], link["recipient_id"]
        return found

    async def read(self) -> Answer:
        return await self.get(f"/api/proposals/public/{self.link}")

    async def act(self, verb: str, **body: Any) -> Answer:
        headers = body.pop("headers", None)
        return await self.post(f"/api/proposals/public/{self.link}/{verb}", body, headers=headers)


class Proposals(People):
    async def proposal(self, owner: Person, *items: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A draft of the owner's team with these items."""
        body: dict[str, Any] = {"title": f"Proposal {next(_names)}", "items": list(items)} | fields
        answer = await owner.post("/api/proposals", body)
        assert answer == 201, answer
        return answer.json

    async def signed(self, owner: Person, *signers: Recipient) -> dict[str, Any]:
        """What these signers were sent, signed by each of them."""
        shown = (await signers[0].read()).json
        for signer in signers:
            answer = await signer.act("sign", name="Ida Holm", digest=shown["digest"], consent=True)
            assert answer == 200, answer
        return (await owner.get(f"/api/proposals/{shown['id']}")).json

    async def sent(
        self, owner: Person, *items: dict[str, Any], to: tuple[str, ...] = ("ida@holm.example",), **fields: Any
    ) -> tuple[dict[str, Any], list[Recipient]]:
        """A proposal that was sent to these signers; gives it, and them."""
        signers = [{"name": email.partition("@")[0].title(), "email": email} for email in to]
        asked = {n: fields.pop(n) for n in ("message", "require_code") if n in fields}
        lines = items or ({"description": "Film", "unit_price": "1000.00"},)
        made = await self.proposal(owner, *lines, **{"recipients": signers} | fields)
        answer = await owner.post(f"/api/proposals/{made['id']}/send", asked)
        assert answer == 200, answer
        return answer.json, [Recipient.of(self.anyone, link) for link in answer.json["links"]]
