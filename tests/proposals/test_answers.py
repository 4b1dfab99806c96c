"""What recipients do: read, choose, ask, prove who they are, sign, decline; each once, and heard at once."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from models import clock
from server.core.seal import unseal
from tests.factories import Make
from tests.factories.proposals import Recipient
from tests.realtime.listener import Listener

OPTIONS = (
    {"description": "Film", "unit_price": "1000.00", "tax_rate": "19"},
    {"description": "Drone", "unit_price": "200.00", "kind": "optional"},
    {"description": "Small", "unit_price": "10", "kind": "choice", "choice_group": "camera"},
    {"description": "Big", "unit_price": "30", "kind": "choice", "choice_group": "camera"},
)


@pytest.fixture(autouse=True)
def _clock():
    yield
    clock.reset()


async def mailed(sql: Any, email: str) -> list[dict[str, Any]]:
    """The letters to an address that wait to be sent, the newest last."""
    rows = await sql("SELECT args FROM job WHERE kind = 'send_mail' AND state = 'queued' ORDER BY created_at, id")
    letters = [json.loads(unseal("send_mail", json.loads(r["args"])["sealed"])) for r in rows]
    return [letter for letter in letters if letter["to"] == email]


async def sign(who: Recipient, **fields: Any):
    shown = (await who.read()).json
    return await who.act("sign", **{"name": "Ida Holm", "digest": shown["digest"], "consent": True} | fields)


async def test_options_are_reckoned_anew_in_both_windows(make: Make, url: str):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna, *OPTIONS)
    seller, client = await Listener().connect(url, anna.token), await Listener().connect(url, ida.link)
    try:
        assert (await seller.join(f"proposal:{sent['id']}"))["ok"]
        shown = (await ida.read()).json
        film, drone, small, big = shown["items"]
        choice = [{"id": drone["id"], "selected": True, "quantity": "2"}, {"id": big["id"], "selected": True}]
        chosen = (await ida.act("options", items=choice)).json
        assert chosen["totals"]["total"] == "1620.00"
        assert [i["selected"] for i in chosen["items"]] == [True, True, False, True]
        assert chosen["digest"] != shown["digest"]
        heard = await seller.heard("proposal.chosen")
        assert (heard["data"]["totals"]["total"], heard["detail"]["digest"]) == ("1620.00", chosen["digest"])
        public = await client.heard("proposal.chosen")
        assert (public["data"]["totals"], public["detail"]) == (chosen["totals"], {})
        again = await ida.act("options", items=choice)
        assert again.json["digest"] == chosen["digest"]
        back = [{"id": drone["id"], "selected": False, "quantity": "1"}, {"id": small["id"], "selected": True}]
        assert (await ida.act("options", items=back)).json["digest"] == shown["digest"]
        wrong = await ida.act(
            "options", items=[{"id": film["id"], "quantity": "2"}, {"id": small["id"], "selected": False}]
        )
        assert wrong.wrong == {"items[0].id": "not_an_option", "items[1].selected": "choose_another"}
    finally:
        await seller.close()
        await client.close()


async def test_who_signs_accepts_what_they_were_shown(make: Make, sql: Any, url: str):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna, *OPTIONS)
    seller = await Listener().connect(url, anna.token)
    try:
        assert (await seller.join(f"proposals:{anna.team_id}"))["ok"]
        stale = (await ida.read()).json
        chosen = await ida.act("options", items=[{"id": stale["items"][1]["id"], "selected": True}])
        refused = await ida.act("sign", name="Ida Holm", digest=stale["digest"], consent=True)
        assert (refused.status, refused.code) == (409, "digest_mismatch")
        assert (await ida.act("sign", name="Ida", digest=stale["digest"], consent=False)) == 422
        answer = await sign(ida, headers={"User-Agent": "Firefox"})
        assert (answer.status, answer.json["status"], answer.json["can_sign"]) == (200, "accepted", False)
        assert answer.json["signers"][0]["signed_at"] == answer.json["recipient"]["signed_at"] is not None
        signed = await seller.heard("proposal.signed")
        assert (signed["detail"]["signer"], signed["detail"]["digest"]) == ("Ida Holm", chosen.json["digest"])
        assert (await seller.heard("proposal.accepted"))["data"]["status"] == "accepted"
    finally:
        await seller.close()
    [row] = await sql("SELECT * FROM proposal_signature WHERE proposal_id = $1::text::uuid", sent["id"])
    assert (row["digest"], row["user_agent"], row["verified_by"], row["address"]) == (
        chosen.json["digest"],
        "Firefox",
        "link",
        "127.0.0.1",
    )
    assert sent["number"] in row["consent"]
    path = f"/api/proposals/{sent['id']}"
    version = (await anna.get(f"{path}/versions/1")).json
    assert version["document"]["totals"] == answer.json["totals"]
    for refused in (
        await sign(ida),
        await ida.act("decline", reason="No"),
        await ida.act("options", items=[{"id": stale["items"][1]["id"], "selected": False}]),
        await anna.post(f"{path}/revise"),
        await anna.post(f"{path}/withdraw"),
    ):
        assert (refused.status, refused.code) == (409, "already_signed")
    kinds = [i["type"] for i in (await anna.get(f"{path}/activity")).json["items"]]
    assert kinds[:2] == ["proposal.accepted", "proposal.signed"]


async def test_two_at_once_and_a_repeated_request_sign_once(make: Make, sql: Any):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    shown = (await ida.read()).json
    body = {"name": "Ida", "digest": shown["digest"], "consent": True}
    answers = await asyncio.gather(*(ida.act("sign", **body) for _ in range(5)))
    assert sorted(a.status for a in answers) == [200, 409, 409, 409, 409]
    assert {a.code for a in answers if a.status == 409} == {"already_signed"}
    second, [per] = await make.sent(anna, to=("per@x.example",))
    body["digest"] = (await per.read()).json["digest"]
    key = {"Idempotency-Key": "once"}
    answers = await asyncio.gather(*(per.act("sign", **body, headers=key) for _ in range(5)))
    assert {(a.status, a.body) for a in answers} == {(200, answers[0].body)}
    for proposal in (sent, second):
        facts = [e["type"] for e in await make.logged(f"proposal:{proposal['id']}")]
        assert (facts.count("proposal.signed"), facts.count("proposal.accepted")) == (1, 1)
    [row] = await sql("SELECT path FROM idempotency_key WHERE team_id = $1::text::uuid", anna.team_id)
    assert per.link not in row["path"]


async def test_the_second_signer_signs_after_the_first(make: Make, sql: Any):
    anna = await make.owner()
    _, [ida, per] = await make.sent(anna, *OPTIONS, to=("ida@two.example", "per@two.example"))
    early = await sign(per)
    assert (early.status, early.code) == (409, "not_your_turn")
    first = await sign(ida)
    assert (first.json["status"], first.json["can_sign"]) == ("opened", False)
    assert (await mailed(sql, "per@two.example"))[-1]["template"] == "proposals/your-turn"
    item = first.json["items"][1]["id"]
    late = await per.act("options", items=[{"id": item, "selected": True}])
    assert (late.status, late.code) == (409, "already_signed")
    last = await sign(per)
    assert (last.json["status"], [s["signed_at"] is not None for s in last.json["signers"]]) == (
        "accepted",
        [True, True],
    )


async def test_a_viewer_reads_and_asks_but_does_not_answer(make: Make):
    anna = await make.owner()
    people = [{"name": "Ida", "email": "ida@x.example"}, {"name": "Vi", "email": "vi@x.example", "role": "viewer"}]
    _, [_, vi] = await make.sent(anna, recipients=people)
    assert (await vi.read()).json["can_sign"] is False
    for refused in (await sign(vi), await vi.act("decline", reason="No")):
        assert (refused.status, refused.code) == (403, "not_a_signer")
    assert await vi.act("comments", body="When?") == 201


async def test_a_no_has_a_reason_and_ends_it(make: Make):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    assert await ida.act("decline", reason="") == 422
    assert (await ida.act("decline", reason="Too late")).json["status"] == "declined"
    assert (await sign(ida)).code == "proposal_declined"
    shown = (await anna.get(f"/api/proposals/{sent['id']}")).json
    assert (shown["status"], shown["decline_reason"]) == ("declined", "Too late")
    assert (await anna.post(f"/api/proposals/{sent['id']}/revise")).json["version_number"] == 2


async def test_questions_are_public_and_notes_stay_inside(make: Make, url: str):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    path = f"/api/proposals/{sent['id']}/comments"
    client = await Listener().connect(url, ida.link)
    try:
        asked = await ida.act("comments", body="When?", section="why")
        assert asked.json["author"] == {"kind": "client", "id": ida.id, "name": "Ida"}
        assert await anna.post(path, {"body": "They seem unsure."}) == 201
        answered = await anna.post(path, {"body": "In May.", "visibility": "client"})
        assert (await client.heard("proposal.commented", 2))["data"]["body"] == "In May."
        assert [p["data"]["body"] for p in client.all("proposal.commented")] == ["When?", "In May."]
    finally:
        await client.close()
    assert [c["body"] for c in (await ida.read()).json["comments"]] == ["When?", "In May."]
    assert [c["visibility"] for c in (await anna.get(path)).json["items"]] == ["client", "team", "client"]
    assert answered.json["author"]["id"] == anna.id
    told = [e for e in await make.logged(f"proposal:{sent['id']}") if e["type"] == "proposal.commented"]
    assert [e["detail"]["member_ids"] for e in told] == [[anna.member_id], [], []]


async def test_a_code_is_asked_for_before_anything_is_shown(make: Make, sql: Any, url: str):
    anna = await make.owner()
    _, [ida] = await make.sent(anna, to=("ida@code.example",), require_code=True)
    assert ((await ida.read()).status, (await ida.read()).code) == (401, "token_missing")
    assert (await Listener().refused(url, {"token": ida.link}))["data"]["code"] == "token_invalid"
    assert (await ida.act("verify")).json == {"sent": True, "expires_in": 600, "access_token": None}
    code = (await mailed(sql, "ida@code.example"))[-1]["context"]["code"]
    wrong = await ida.act("verify", code=f"{(int(code) + 1) % 10**6:06}")
    assert (wrong.status, wrong.code) == (401, "credentials_wrong")
    token = (await ida.act("verify", code=code)).json["access_token"]
    assert (await ida.act("verify", code=code)) == 401  # it was good once
    proved = Recipient.of(make.anyone, {"token": ida.link, "recipient_id": ida.id}, token)
    assert await proved.read() == 200
    listener = await Listener().connect(url, token)
    await listener.close()
    _, [per] = await make.sent(anna, require_code=True)
    other = Recipient.of(make.anyone, {"token": per.link, "recipient_id": per.id}, token)
    assert ((await other.read()).status, (await other.read()).code) == (401, "token_invalid")
    assert (await sign(proved)).json["status"] == "accepted"
    [row] = await sql("SELECT verified_by FROM proposal_signature WHERE recipient_id = $1::text::uuid", ida.id)
    assert row["verified_by"] == "code"


async def test_five_wrong_codes_lock_the_link_for_a_while(make: Make, sql: Any):
    anna = await make.owner()
    _, [ida] = await make.sent(anna, to=("ida@lock.example",), require_code=True)
    assert await ida.act("verify") == 200
    code = (await mailed(sql, "ida@lock.example"))[-1]["context"]["code"]
    wrong = f"{(int(code) + 1) % 10**6:06}"
    answers = [await ida.act("verify", code=wrong) for _ in range(5)]
    assert [a.status for a in answers] == [401, 401, 401, 401, 429]
    for refused in (await ida.act("verify", code=code), await ida.act("verify")):
        assert (refused.status, refused.code) == (429, "code_locked")
        assert int(refused.headers["Retry-After"]) > 800
    clock.move(timedelta(minutes=16))
    assert await ida.act("verify", code=code) == 401  # the code went with the lock
    assert await ida.act("verify") == 200
    code = (await mailed(sql, "ida@lock.example"))[-1]["context"]["code"]
    assert await ida.act("verify", code=code) == 200


def drawing(width: int = 40, height: int = 20) -> str:
    held = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(held, "PNG", pnginfo=None)
    return "data:image/png;base64," + base64.b64encode(held.getvalue()).decode()


async def test_a_drawing_is_kept_as_its_pixels_only(make: Make, sql: Any):
    anna = await make.owner()
    _, [ida] = await make.sent(anna)
    svg = "data:image/svg+xml;base64," + base64.b64encode(b"<svg onload='alert(1)'/>").decode()
    for hostile in (svg, "data:image/png;base64,AAAA", drawing(30_000, 200), "data:image/png;base64,%%"):
        assert (await sign(ida, drawing=hostile)).wrong == {"drawing": "not_a_png"}
    assert await sign(ida, drawing=drawing()) == 200
    [row] = await sql("SELECT drawing FROM proposal_signature WHERE recipient_id = $1::text::uuid", ida.id)
    assert Image.open(io.BytesIO(row["drawing"])).size == (40, 20)


async def test_an_open_page_hears_that_the_link_ends(make: Make, url: str):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    client = await Listener().connect(url, ida.link)
    assert list(client.all("ready")[0]["rooms"]) == [f"portal:{ida.id}"]
    assert (await client.join(f"proposal:{sent['id']}")) == {"ok": False, "code": "not_found"}
    assert await anna.post(f"/api/proposals/{sent['id']}/withdraw") == 200
    assert (await client.heard("closed"))["code"] == "token_revoked"
    await client.close()
    refused = await Listener().refused(url, {"token": ida.link})
    assert refused["data"]["code"] == "token_revoked"


async def test_a_signature_and_a_version_cannot_be_changed_even_by_us(make: Make, sql: Any):
    anna = await make.owner()
    sent, [ida] = await make.sent(anna)
    assert await sign(ida) == 200
    for table, what in (
        ("proposal_signature", "name = 'X'"),
        ("proposal_version", "content = '{}'"),
        ("proposal_version", "digest = ''"),
    ):
        with pytest.raises(Exception, match="does not change"):
            await sql(f"UPDATE {table} SET {what} WHERE proposal_id = $1::text::uuid", sent["id"])
    assert re.fullmatch(r"[0-9a-f]{64}", (await ida.read()).json["digest"])
