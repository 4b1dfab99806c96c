"""What a team's proposals add up to."""

from __future__ import annotations

from tests.factories import Make


async def test_what_was_sent_seen_and_won(make: Make):
    anna = await make.owner()
    await make.proposal(anna)
    _, [ida] = await make.sent(anna, {"description": "Film", "unit_price": "1000"})
    _, [per] = await make.sent(anna, {"description": "Film", "unit_price": "500"}, currency="JPY")
    _, [siv] = await make.sent(anna, {"description": "Film", "unit_price": "250"})
    await make.sent(anna, {"description": "Film", "unit_price": "125"})
    await make.signed(anna, ida)
    assert await per.act("view", visible_ms=10) == 204
    assert await siv.act("decline", reason="No") == 200
    found = (await anna.get("/api/analytics/proposals")).json
    assert {n: found[n] for n in ("sent", "seen", "won", "declined", "expired", "win_rate")} == {
        "sent": 4,
        "seen": 2,
        "won": 1,
        "declined": 1,
        "expired": 0,
        "win_rate": 0.5,
    }
    assert found["seconds_to_open"] >= 0
    assert found["seconds_to_sign"] >= 0
    assert found["values"] == [
        {"currency": "EUR", "sent": "1375.00", "won": "1000.00", "open": "125.00"},
        {"currency": "JPY", "sent": "500", "won": "0", "open": "500"},
    ]
    none = (await anna.get("/api/analytics/proposals?to=2001-01-01")).json
    assert (none["sent"], none["win_rate"], none["seconds_to_open"], none["values"]) == (0, None, None, [])
    assert (await anna.get("/api/analytics/proposals?from=2002-01-01&to=2001-01-01")).wrong == {"to": "before_start"}
    ben = await make.member(anna)
    assert await ben.get("/api/analytics/proposals") == 403


async def test_what_is_being_written_counts_for_nothing_and_what_was_seen_stays_seen(make: Make):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna, {"description": "Film", "unit_price": "1000"})
    assert await ida.act("view", visible_ms=10, headers={"User-Agent": "Firefox"}) == 204
    path = f"/api/proposals/{sent['id']}"
    assert await anna.post(f"{path}/revise") == 200
    assert await anna.post(f"{path}/items", {"description": "More", "unit_price": "4000"}) == 201
    written = (await anna.get("/api/analytics/proposals")).json
    assert written["values"] == [{"currency": "EUR", "sent": "1000.00", "won": "0.00", "open": "0.00"}]
    assert await anna.post(f"{path}/send") == 200
    again = (await anna.get("/api/analytics/proposals")).json
    assert (again["sent"], again["seen"], again["seconds_to_open"]) == (1, 1, None)
    assert again["values"] == [{"currency": "EUR", "sent": "5000.00", "won": "0.00", "open": "5000.00"}]
