"""Sending freezes: versions, their digests, links, numbers; revised, compared, restored, extended, withdrawn."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from models import clock
from models.clock import today
from tests.factories import Make
from tests.factories.proposals import Recipient
from tests.helpers.letters import mailed
from tests.realtime.listener import Listener


def canonical(document: Any) -> str:
    """As an outsider would write it, from the docs."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@pytest.fixture
def moved():
    """`moved(days=3)` moves the clock; it is put back."""
    yield lambda **by: clock.move(timedelta(**by))
    clock.reset()


async def test_what_is_sent_is_frozen_hashed_and_linked(make: Make, sql: Any):
    anna = await make.owner(team_name="Studio North")
    sent, [ida, per] = await make.sent(
        anna, to=("ida@holm.example", "per@holm.example"), message="As agreed.", terms="30 days."
    )
    assert (sent["status"], sent["number"][:2], sent["version_number"]) == ("sent", "P-", 1)
    assert [link["url"].rpartition("/")[2] for link in sent["links"]] == [ida.link, per.link]
    kept = await sql("SELECT token_hash FROM proposal_link WHERE team_id = $1::text::uuid", anna.team_id)
    assert {r["token_hash"] for r in kept} == {hashlib.sha256(r.link.encode()).digest() for r in (ida, per)}
    path = f"/api/proposals/{sent['id']}"
    version = (await anna.get(f"{path}/versions/1")).json
    assert hashlib.sha256(canonical(version["document"]).encode()).hexdigest() == version["digest"]
    shown = (await ida.read()).json
    assert (shown["digest"], shown["totals"], shown["terms"]) == (version["digest"], sent["totals"], "30 days.")
    assert (shown["message"], shown["sender"]["name"], shown["can_sign"]) == ("As agreed.", "Studio North", True)
    assert (await per.read()).json["can_sign"] is False
    assert "custom" not in shown
    assert anna.id not in json.dumps(shown)
    told = (await make.logged(f"proposal:{sent['id']}"))[-1]
    assert (told["type"], told["detail"]["digest"]) == ("proposal.sent", version["digest"])
    [public] = await make.logged(f"portal:{ida.id}")
    assert (public["type"], public["detail"], public["changes"]) == ("proposal.sent", {}, {})
    assert public["data"] == {n: shown[n] for n in public["data"]}
    [mail] = await sql(
        "SELECT count(*) AS n FROM job WHERE team_id = $1::text::uuid AND kind = 'send_mail'", anna.team_id
    )
    assert mail["n"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"title": "Other"}),
        ("PUT", "", {"title": "Other"}),
        ("DELETE", "", None),
        ("POST", "/items", {"description": "x", "unit_price": "1"}),
        ("PATCH", "/items/{item}", {"quantity": "2"}),
        ("DELETE", "/items/{item}", None),
        ("PATCH", "/items/reorder", {"item_ids": ["{item}"]}),
        ("POST", "/send", {}),
    ],
)
async def test_a_version_that_was_sent_cannot_change(make: Make, method: str, path: str, body: Any):
    anna = await make.owner()
    sent, _ = await make.sent(anna)
    at = f"/api/proposals/{sent['id']}"
    item = (await anna.get(f"{at}/items")).json["items"][0]["id"]
    body = json.loads(json.dumps(body).replace("{item}", item))
    answer = await anna.ask(method, at + path.replace("{item}", item), json=body)
    assert (answer.status, answer.code) == (409, "version_frozen")
    assert (await anna.get(at)).json["version"] == sent["version"]


async def test_numbers_have_no_gap_also_when_many_are_sent_at_once(make: Make):
    anna = await make.owner()
    assert (
        await anna.put(
            "/api/settings/business",
            {"name": "N", "numbering": {"proposal": {"pattern": "Q{number}", "digits": 3, "next_number": 7}}},
        )
        == 200
    )
    fields: dict[str, Any] = {"recipients": [{"name": "I", "email": "i@x.example"}], "title": "x"}
    drafts = [(await anna.post("/api/proposals", fields)).json["id"] for _ in range(6)]
    assert await anna.delete(f"/api/proposals/{drafts.pop()}") == 204
    answers = await asyncio.gather(*(anna.post(f"/api/proposals/{id}/send") for id in drafts))
    assert sorted(a.json["number"] for a in answers) == [f"Q{n:03}" for n in range(7, 12)]


async def test_who_cannot_send_is_told_why(make: Make):
    anna = await make.owner(verified=False)
    draft = await make.proposal(anna)
    refused = await anna.post(f"/api/proposals/{draft['id']}/send")
    assert (refused.status, refused.code) == (403, "email_unverified")
    ben = await make.owner()
    path = f"/api/proposals/{(await make.proposal(ben))['id']}"
    assert (await ben.post(f"{path}/send")).wrong == {"recipients": "signer_missing"}
    assert (
        await ben.patch(path, {"recipients": [{"name": "I", "email": "i@x.example"}], "expires_on": "2020-01-01"})
        == 200
    )
    assert (await ben.post(f"{path}/send")).wrong == {"expires_on": "in_the_past"}
    assert await ben.patch(path, {"expires_on": None}) == 200
    assert await ben.post(f"{path}/items", {"description": "Credit", "unit_price": "-1"}) == 201
    refused = await ben.post(f"{path}/send")
    assert (refused.status, refused.code) == (409, "total_negative")


async def test_a_client_with_an_address_is_the_recipient(make: Make):
    anna = await make.owner()
    client = await make.contact(anna, name="Ida", emails=[{"email": "ida@holm.example"}])
    draft = await make.proposal(anna, client_id=client["id"])
    sent = (await anna.post(f"/api/proposals/{draft['id']}/send")).json
    assert [link["email"] for link in sent["links"]] == ["ida@holm.example"]
    assert sent["recipients"][0]["id"] == sent["links"][0]["recipient_id"]


async def test_the_next_version_is_written_compared_and_sent(make: Make):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna, sections=[{"key": "why", "body": "Old"}])
    path = f"/api/proposals/{sent['id']}"
    revised = (await anna.post(f"{path}/revise")).json
    assert (revised["status"], revised["version_number"]) == ("draft", 2)
    assert await anna.post(f"{path}/revise") == 409
    assert await anna.patch(path, {"title": "Other", "sections": [{"key": "why", "body": "New"}]}) == 200
    assert await anna.post(f"{path}/items", {"description": "More", "unit_price": "10"}) == 201
    differs = (await anna.get(f"{path}/compare?from=1")).json
    assert differs["fields"] == {"title": [sent["title"], "Other"]}
    assert differs["sections"]["changed"] == [{"key": "why", "changes": {"body": ["Old", "New"]}}]
    assert [i["description"] for i in differs["items"]["added"]] == ["More"]
    shown = (await ida.read()).json
    assert (shown["title"], shown["revising"], shown["version_number"]) == (sent["title"], True, 1)
    signing = await ida.act("sign", name="Ida", digest=shown["digest"], consent=True)
    assert (signing.status, signing.code) == (409, "being_revised")
    again = (await anna.post(f"{path}/send")).json
    assert (again["number"], again["version_number"]) == (sent["number"], 2)
    assert [e["type"] for e in await make.logged(f"portal:{ida.id}")] == [
        "proposal.sent",
        "proposal.revised",
        "proposal.sent",
    ]
    newer = (await ida.read()).json  # the older mail's link leads to what was sent last
    assert (newer["title"], newer["version_number"]) == ("Other", 2)
    old = await ida.act("sign", name="Ida", digest=shown["digest"], consent=True)
    assert (old.status, old.code) == (409, "digest_mismatch")
    both = (await anna.get(f"{path}/compare?from=1&to=2")).json
    assert both["totals"] == differs["totals"]
    assert [v["number"] for v in (await anna.get(f"{path}/versions")).json["items"]] == [2, 1]
    assert (await anna.get(f"{path}/versions/3")) == 404
    assert (await anna.get(f"{path}/versions/1.5")) == 404


async def test_a_version_is_copied_back_into_the_draft(make: Make):
    anna = await make.owner()
    sent, _ = await make.sent(anna, {"description": "Film", "unit_price": "100"}, discount="5.00", deposit_percent="20")
    path = f"/api/proposals/{sent['id']}"
    assert await anna.post(f"{path}/revise") == 200
    item = (await anna.get(f"{path}/items")).json["items"][0]["id"]
    assert await anna.delete(f"{path}/items/{item}") == 204
    assert await anna.patch(path, {"title": "Other", "discount": None, "deposit_percent": None}) == 200
    restored = (await anna.post(f"{path}/versions/1/restore")).json
    assert (restored["title"], restored["totals"], restored["status"]) == (sent["title"], sent["totals"], "draft")
    assert restored["version_number"] == 2
    assert await anna.post(f"{path}/versions/9/restore") == 404


async def test_a_link_that_was_withdrawn_opens_nothing(make: Make):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    path = f"/api/proposals/{sent['id']}"
    assert (await anna.post(f"{path}/withdraw")).json["status"] == "withdrawn"
    refused = await ida.read()
    assert (refused.status, refused.code) == (404, "link_revoked")
    assert (await ida.act("sign", name="Ida", digest="0" * 64, consent=True)) == 404
    assert (await anna.post(f"{path}/withdraw")).code == "proposal_withdrawn"
    assert (await anna.post(f"/api/proposals/{(await make.proposal(anna))['id']}/withdraw")).code == "not_sent"


@pytest.mark.usefixtures("one_hour")
async def test_a_link_ends_with_its_last_day_and_begins_again_when_that_is_moved(make: Make, moved: Any):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna, expires_on=str(today() + timedelta(days=1)))
    assert await ida.read() == 200
    moved(days=2)
    refused = await ida.read()
    assert (refused.status, refused.code) == (404, "link_expired")
    assert (await ida.act("sign", name="Ida", digest="0" * 64, consent=True)).code == "link_expired"
    clock.reset()
    path = f"/api/proposals/{sent['id']}"
    assert (await anna.post(f"{path}/extend", {"expires_on": "2020-01-01"})).wrong == {"expires_on": "in_the_past"}
    assert await anna.post(f"{path}/extend", {"expires_on": str(today() + timedelta(days=9))}) == 200
    moved(days=2)
    assert await ida.read() == 200


async def test_a_link_is_given_again(make: Make):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna, message="See below.")
    path = f"/api/proposals/{sent['id']}/recipients/{ida.id}/link"
    given = await anna.post(path)
    assert (given.status, given.json["recipient_id"], given.json["email"]) == (200, ida.id, "ida@holm.example")
    again = Recipient.of(make.anyone, given.json)
    assert again.link != ida.link
    assert (await again.read()).json["recipient"]["id"] == ida.id
    assert await ida.read() == 200  # the mail's own stays good
    posted = await anna.post(path, {"mail": True})
    letter = await mailed(make.sql, "ida@holm.example", "proposals/sent")
    assert (letter["link"], letter["message"]) == (posted.json["url"], "See below.")
    told = [e for e in await make.logged(f"proposal:{sent['id']}") if e["type"] == "proposal.linked"]
    assert [(e["detail"]["name"], e["detail"]["mailed"]) for e in told] == [("Ida", False), ("Ida", True)]
    other, _ = await make.sent(anna)
    assert (await anna.post(f"/api/proposals/{other['id']}/recipients/{ida.id}/link")) == 404
    assert await anna.post(f"/api/proposals/{sent['id']}/withdraw") == 200
    assert (await anna.post(path)).code == "not_open"


@pytest.mark.usefixtures("one_hour")
async def test_the_last_day_ends_where_the_recipient_is(make: Make, moved: Any):
    anna = await make.owner()
    day = today() + timedelta(days=3)
    zones = {"eve@x.example": "Pacific/Auckland", "leo@x.example": "America/Los_Angeles", "ida@x.example": "UTC"}
    people = [{"name": "X", "email": email, "timezone": zone} for email, zone in zones.items()]
    sent, [eve, leo, _] = await make.sent(anna, recipients=people, expires_on=str(day))

    def ends(day: Any) -> list[datetime]:
        return [datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)) for zone in zones.values()]

    assert [datetime.fromisoformat(link["expires_at"]) for link in sent["links"]] == ends(day)
    clock.move(ends(day)[2] - datetime.now(UTC) + timedelta(minutes=1))  # it is over in London
    assert (await eve.read()).code == "link_expired"
    assert await leo.read() == 200
    clock.reset()
    later = day + timedelta(days=7)
    assert await anna.post(f"/api/proposals/{sent['id']}/extend", {"expires_on": str(later)}) == 200
    rows = await make.sql(
        "SELECT expires_at FROM proposal_recipient WHERE proposal_id = $1::text::uuid ORDER BY position", sent["id"]
    )
    assert [r["expires_at"] for r in rows] == ends(later)


async def test_who_is_no_recipient_any_more_loses_the_link(make: Make, url: str):
    anna = await make.owner()
    sent, [ida, per] = await make.sent(anna, to=("ida@holm.example", "per@holm.example"))
    path = f"/api/proposals/{sent['id']}"
    page = await Listener().connect(url, ida.link)
    assert await per.act("view", visible_ms=10, headers={"User-Agent": "Firefox"}) == 204
    assert await anna.post(f"{path}/revise") == 200
    assert await anna.patch(path, {"recipients": [{"name": "Per", "email": "per@holm.example"}]}) == 200
    again = (await anna.post(f"{path}/send")).json
    assert (await page.heard("closed"))["code"] == "token_revoked"
    await page.close()
    assert (await ida.read()).code == "link_revoked"
    assert await per.read() == 200
    [per_now] = again["recipients"]
    assert (per_now["opened_at"], per_now["mail"]["state"]) == (None, "waiting")
    seen = [(e["type"], e["data"] and e["data"]["version_number"]) for e in await make.logged(f"portal:{ida.id}")]
    assert seen == [("proposal.sent", 1), ("proposal.revised", 1), ("proposal.unlinked", None)]
    told = [e for e in await make.logged(f"proposal:{sent['id']}") if e["type"] == "proposal.unlinked"]
    assert [e["detail"]["names"] for e in told] == [["Ida"]]


async def test_what_nobody_was_given_is_not_found(make: Make):
    stranger = Recipient(make.anyone.session, make.anyone.url)
    stranger.link = "x" * 43
    assert await stranger.read() == 404
    assert await stranger.act("verify") == 404
