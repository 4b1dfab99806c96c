"""What stands in the log is what AsyncAPI says of it, to the field."""

from __future__ import annotations

import json
from typing import Any

from server.core.documents import asyncapi
from tests.contract.world import World
from tests.helpers.contract import closed, validator

LOGGED = """
SELECT type, wire FROM (
    SELECT type, wire, row_number() OVER (PARTITION BY type ORDER BY at DESC) AS n FROM stream_entry
) e WHERE n <= 20
"""


async def test_every_logged_fact_is_as_documented(ours: World, sql):
    content = closed(asyncapi())
    validators = {name: validator(m["payload"], content) for name, m in content["components"]["messages"].items()}
    wrong, seen = [], set()
    for row in await sql(LOGGED):
        payload = json.loads('{"seq":1,' + row["wire"])
        seen.add(row["type"])
        wrong += [
            f"{row['type']} {'.'.join(map(str, e.absolute_path))}: {e.message[:200]}"
            for e in validators[row["type"]].iter_errors(payload)
        ]
    assert sorted(set(wrong)) == []
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
