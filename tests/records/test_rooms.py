"""The rooms of the kinds of records, on real sockets."""

from __future__ import annotations

import pytest

from tests.factories import Make
from tests.realtime.conftest import Connect, connect

__all__ = ["connect"]  # the fixture


@pytest.mark.parametrize("kind", ["contact", "company", "lead"])
async def test_who_may_read_all_of_a_kind_hears_of_each(kind: str, make: Make, connect: Connect):
    anna, zoe = await make.owner(), await make.owner()
    ben = await make.member(anna)
    plural = {"company": "companies"}.get(kind, f"{kind}s")
    room = f"{plural}:{anna.team_id}"
    assert await (await connect(zoe)).join(room) == {"ok": False, "code": "not_found"}
    listener = await connect(ben)
    assert (await listener.join(room))["ok"] is True
    record = await getattr(make, kind)(anna)
    created = await listener.heard(f"{kind}.created")
    assert (created["room"], created["seq"], created["data"]) == (room, 1, record)
    note = await anna.post(f"/api/{plural}/{record['id']}/notes", {"body": "Hello"})
    assert (await listener.heard("note.created"))["data"] == note.json
