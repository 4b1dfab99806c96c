"""What stands in the log is what AsyncAPI says of it, to the field."""

from __future__ import annotations

from typing import Any

from server.core.documents import asyncapi
from tests.contract.world import World
from tests.helpers.contract import closed, validator
from tests.helpers.databases import Sql
from tests.helpers.facts import hold_facts


async def test_every_logged_fact_is_as_documented(ours: World, sql: Sql):
    """Of all that this worker's tests have made so far; `tests/conftest.py` looks again when the last has ended."""
    seen = await hold_facts(sql)
    assert len(seen) >= 8, "too few kinds to prove anything"


async def test_what_a_socket_hears_is_as_documented(ours: World, url: str):
    from tests.realtime.listener import Listener

    content = closed(asyncapi())
    messages = content["components"]["messages"]

    def hold(name: str, payload: Any) -> None:
        errors = validator(messages[name]["payload"], content).iter_errors(payload)
        assert [e.message for e in errors] == [], (name, payload)

    listener = await Listener().connect(url, ours.owner.token)
    try:
        hold("ready.notice", listener.all("ready")[0])
        room = f"project:{ours.ids['project']}"
        hold("join.ack", await listener.join(room, after=0))
        hold("presence.ack", await listener.ask("presence", room=room))
        hold("typing.ack", await listener.ask("typing", room=room, subject=ours.ids["task"]))
        hold("leave.ack", await listener.ask("leave", room=room))
        hold("refused", await listener.join("project:nothing"))
        hold("auth.ack", await listener.ask("auth", token=ours.owner.token))
    finally:
        await listener.close()
