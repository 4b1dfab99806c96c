"""Reading becomes visits: bounded, counted once, told at once, and honest about who reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from models import clock
from tests.factories import Make
from tests.realtime.listener import Listener

PERSON = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0"}


@pytest.fixture(autouse=True)
def _clock():
    yield
    clock.reset()


async def test_the_sender_sees_the_client_read(make: Make, url: str):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    path = f"/api/proposals/{sent['id']}"
    seller = await Listener().connect(url, anna.token)
    try:
        assert (await seller.join(f"proposal:{sent['id']}"))["ok"]
        assert await ida.act("view", section="why", visible_ms=4000, focused_ms=3500, headers=PERSON) == 204
        opened = await seller.heard("proposal.opened")
        assert (opened["data"]["status"], opened["detail"]["name"]) == ("opened", "Ida")
        viewed = (await seller.heard("proposal.viewed"))["detail"]
        assert (viewed["section"], viewed["focused_ms"], viewed["confidence"]) == ("why", 3500, "high")
        assert await ida.act("view", section="price", visible_ms=900, focused_ms=0, scrolled=40, headers=PERSON) == 204
        assert (await seller.heard("proposal.viewed", 2))["detail"]["section"] == "price"
    finally:
        await seller.close()
    shown = (await anna.get(path)).json
    assert (shown["status"], shown["reading_now"]) == ("opened", True)
    assert shown["recipients"][0]["opened_at"] is not None
    [visit] = (await anna.get(f"{path}/views")).json["items"]
    assert (visit["visible_ms"], visit["focused_ms"], visit["scrolled"], visit["forwarded"]) == (4900, 3500, 40, False)
    assert visit["sections"] == [
        {"key": "why", "visible_ms": 4000, "focused_ms": 3500},
        {"key": "price", "visible_ms": 900, "focused_ms": 0},
    ]
    assert visit["recipient"] == {"id": ida.id, "name": "Ida", "email": "ida@holm.example"}


async def test_who_leaves_is_reading_no_more(make: Make, url: str):
    anna = await make.owner()
    kite = await make.company(anna, name="Kite Coffee")
    sent, [ida, per] = await make.sent(anna, to=("ida@holm.example", "per@holm.example"), client_id=kite["id"])

    async def reading() -> dict[str, Any]:
        [row] = (await anna.get("/api/proposals?include=reading,client")).json["items"]
        assert row["client"]["name"] == "Kite Coffee"
        assert row["reading_now"] == bool(row["reading"]["readers"])
        assert (await anna.get(f"/api/proposals/{sent['id']}?include=reading")).json["reading"] == row["reading"]
        return row["reading"]

    assert await reading() == {"last_at": None, "readers": []}
    assert await ida.act("view", section="why", visible_ms=900, headers=PERSON) == 204
    assert await ida.act("view", section="price", visible_ms=0, headers=PERSON) == 204
    assert await per.act("view", visible_ms=900, headers={"User-Agent": "Slackbot"}) == 204
    now = await reading()
    assert now["last_at"] is not None
    assert [(r["name"], r["section"], r["recipient_id"]) for r in now["readers"]] == [("Ida", "price", ida.id)]
    seller = await Listener().connect(url, anna.token)
    try:
        assert (await seller.join(f"proposals:{anna.team_id}"))["ok"]
        for _ in range(2):  # each of the last words says that they are the last
            assert await ida.act("view", section="price", visible_ms=10, left=True, headers=PERSON) == 204
        left = await seller.heard("proposal.viewed")
        assert (left["detail"]["reading"], left["data"]["reading_now"]) == (False, False)
        assert (await reading())["readers"] == []
        assert await ida.act("view", section="price", visible_ms=10, headers=PERSON) == 204
        assert (await seller.heard("proposal.viewed", 2))["detail"]["reading"] is True  # back, and said at once
    finally:
        await seller.close()
    assert [r["visit_id"] for r in (await reading())["readers"]] == [now["readers"][0]["visit_id"]]


async def test_no_more_time_is_counted_than_has_passed(make: Make):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    for _ in range(3):  # a request that was repeated
        assert await ida.act("view", section="why", visible_ms=20_000, focused_ms=3_600_000, headers=PERSON) == 204
    [visit] = (await anna.get(f"/api/proposals/{sent['id']}/views")).json["items"]
    assert visit["focused_ms"] <= visit["visible_ms"] < 60_000
    assert await ida.act("view", section="why", visible_ms=3_600_001) == 422
    clock.move(timedelta(seconds=10))
    assert await ida.act("view", section="why", visible_ms=3_600_000, headers=PERSON) == 204
    [later] = (await anna.get(f"/api/proposals/{sent['id']}/views")).json["items"]
    assert 10_000 <= later["visible_ms"] - visit["visible_ms"] < 60_000
    told = [e["type"] for e in await make.logged(f"proposal:{sent['id']}")]
    assert told.count("proposal.viewed") in (1, 2)  # of four heartbeats
    clock.move(timedelta(hours=1))
    assert await ida.act("view", section="why", visible_ms=5, headers=PERSON) == 204
    clock.reset()  # Anna's token would have expired by then
    assert len((await anna.get(f"/api/proposals/{sent['id']}/views")).json["items"]) == 2


@pytest.mark.parametrize("agent", ["Slackbot-LinkExpanding 1.0", "Barracuda Sentinel", "WhatsApp/2.23", ""])
async def test_programs_that_look_into_mails_are_no_readers(make: Make, agent: str):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    headers = {"User-Agent": agent}
    assert await ida.act("view", section="why", visible_ms=5000, focused_ms=5000, headers=headers) == 204
    path = f"/api/proposals/{sent['id']}"
    shown = (await anna.get(path)).json
    assert (shown["status"], shown["reading_now"]) == ("sent", False)
    assert [v["confidence"] for v in (await anna.get(f"{path}/views")).json["items"]] == ["none"]
    assert [e["type"] for e in await make.logged(f"proposal:{sent['id']}")][-1] == "proposal.sent"


async def test_a_second_device_says_that_it_was_passed_on(make: Make):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    for agent in ("Firefox", "Safari", "Firefox"):
        assert await ida.act("view", visible_ms=100, headers={"User-Agent": agent}) == 204
    visits: list[Any] = (await anna.get(f"/api/proposals/{sent['id']}/views?sort=started_at")).json["items"]
    assert [(v["user_agent"], v["forwarded"], v["confidence"]) for v in visits] == [
        ("Firefox", False, "low"),
        ("Safari", True, "low"),
    ]
