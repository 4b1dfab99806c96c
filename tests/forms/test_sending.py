"""Forms as visitors and other people's pages send them."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import aiohttp
import pytest

from tests.contract.conftest import Start, web
from tests.factories import Make
from tests.helpers.http import Client
from tests.realtime.conftest import Connect, connect

__all__ = ["connect", "web"]  # the fixtures
SITE, STRANGER = "https://studio.example", "https://elsewhere.example"
IDA = {"name": "Ida Holm", "email": "Ida@Holm.example", "message": "Three shops,\nby May."}
BROWSER = {"Accept": "text/html,application/xhtml+xml"}


async def leads(person: Any) -> list[dict[str, Any]]:
    return (await person.get("/api/leads")).json["items"]


async def sent(anyone: Client, form: dict[str, Any], body: Any = None, **headers: str) -> Any:
    return await anyone.post(form["action"], IDA if body is None else body, headers=headers)


class Page:
    """What a browser gets."""

    def __init__(self, status: int, headers: Any, text: str) -> None:
        self.status, self.headers, self.text = status, headers, text


async def browse(anyone: Client, path: str, **data: Any) -> Page:
    """Ask as a browser does: the page, or with `data` a plain form that is sent."""
    method = "POST" if data else "GET"
    async with anyone.session.request(
        method, anyone.url + path, headers=BROWSER, allow_redirects=False, **data
    ) as response:
        return Page(response.status, response.headers, await response.text())


async def test_what_is_sent_becomes_a_lead_that_is_heard_at_once(make: Make, anyone: Client, connect: Connect):
    anna = await make.owner()
    ben = await make.member(anna, name="Ben")
    tag = (await anna.post("/api/tags", {"name": "Web"})).json
    text = "You may write to me."
    form = await make.form(
        anna, name="Contact", assigned_to_id=ben.id, tag_ids=[tag["id"]], stage="Inbox", consent_text=text, thanks="Ta!"
    )
    listener = await connect(anna)
    assert (await listener.join(f"leads:{anna.team_id}"))["ok"] is True
    answer = await sent(anyone, form, IDA | {"consent": True, "utm_source": "fair"}, Referer="https://a.example/x?q=me")
    assert (answer.status, answer.json) == (200, {"message": "Ta!", "url": None})
    heard = await listener.heard("lead.received")
    [lead] = await leads(anna)
    assert heard["data"] == lead
    assert heard["actor"] == {"kind": "client", "id": form["id"], "name": "Contact"}
    assert heard["detail"] == {
        "form_id": form["id"],
        "form_name": "Contact",
        "page": "https://a.example/x",
        "consent": text,
        "campaign": {"utm_source": "fair"},
    }
    assert {n: lead[n] for n in ("name", "email", "message", "source", "status", "stage", "assigned_to_id")} == {
        "name": "Ida Holm",
        "email": "ida@holm.example",
        "message": "Three shops,\nby May.",
        "source": "form",
        "status": "new",
        "stage": "Inbox",
        "assigned_to_id": ben.id,
    }
    assert (lead["form"], lead["consent"]) == ({"id": form["id"], "name": "Contact"}, {"email": True, "sms": False})
    assert ([t["name"] for t in lead["tags"]], lead["created_by"]) == (["Web"], None)
    told = [e["type"] for e in await make.logged(f"leads:{anna.team_id}")]
    assert told == ["lead.created", "lead.updated", "lead.received"]
    assert [e["type"] for e in await make.heard(ben)] == ["lead.assigned"]
    assert (await anna.get(f"/api/leads?form_id={form['id']}")).json["items"] == [lead]
    feed = (await anna.get(f"/api/leads/{lead['id']}/activities")).json["items"]
    assert feed[0]["sentence"] == "“Ida Holm” came by the form “Contact”"
    became = (await anna.post(f"/api/leads/{lead['id']}/convert", {})).json["contact"]
    assert became["consent"] == {"email": True, "sms": False}
    notes = (await anna.get(f"/api/contacts/{became['id']}/notes")).json["items"]
    assert [n["body"] for n in notes] == ["Three shops,\nby May."]


async def test_who_sees_only_their_own_hears_of_those_given_to_them(make: Make, anyone: Client):
    anna = await make.owner()
    ben, cleo = await make.member(anna), await make.member(anna)
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {"leads": "own"}}}) == 200
    await sent(anyone, await make.form(anna, assigned_to_id=ben.id))
    assert [e["type"] for e in await make.heard(ben)] == ["lead.created", "lead.assigned", "lead.received"]
    assert await make.heard(cleo) == []
    assert (len(await leads(ben)), len(await leads(cleo))) == (1, 0)


async def test_a_program_is_answered_alike_and_nothing_is_stored(make: Make, anyone: Client):
    anna = await make.owner()
    form = await make.form(anna)
    honest = await sent(anyone, form, {"name": "Ida", "email": "a@b.example"})
    caught = await sent(anyone, form, IDA | {"website": "https://pills.example"})
    assert (caught.status, caught.body) == (honest.status, honest.body)
    assert [lead["name"] for lead in await leads(anna)] == ["Ida"]
    metrics = (await anyone.get("/metrics")).body.decode()
    assert 'mediaflow_forms_sent_total{outcome="spam"}' in metrics


async def test_what_is_wrong_is_named_as_the_form_calls_it(make: Make, anyone: Client):
    anna = await make.owner()
    inputs = [
        {"to": "name", "name": "your-name", "label": "Name", "required": True},
        {"to": "email", "name": "your-mail", "label": "E-mail"},
    ]
    form = await make.form(anna, inputs=inputs, consent_text="Agreed?", consent_required=True)
    body = {"your-name": " ", "your-mail": "nothing", "nobody_knows_this": 1}
    assert (await sent(anyone, form, body)).wrong == {
        "your-name": "required",
        "nobody_knows_this": "unknown_field",
        "consent": "required",
    }
    body = {"your-name": "Ida", "your-mail": "nothing", "consent": "yes"}
    assert (await sent(anyone, form, body)).wrong == {"your-mail": "value_error"}
    assert await leads(anna) == []


async def test_fields_of_the_teams_own_are_filled_by_texts_and_by_values(make: Make, anyone: Client):
    anna = await make.owner()
    kinds: dict[str, Any] = {
        "Shops": {"type": "number"},
        "Budget": {"type": "money", "currency": "EUR"},
        "Start": {"type": "date"},
        "Size": {"type": "select", "options": ["S", "L"]},
        "Wants": {"type": "multi_select", "options": ["Film", "Web"]},
        "Urgent": {"type": "boolean"},
        "Site": {"type": "url"},
    }
    for label, field in kinds.items():
        assert await anna.post("/api/settings/custom-fields", {"entity": "lead", "label": label, **field}) == 201
    inputs = [{"to": "name", "label": "Name"}] + [
        {"to": f"custom.{label.lower()}", "name": label.lower(), "label": label} for label in kinds
    ]
    form = await make.form(anna, inputs=inputs)
    texts: Any = [("name", "Ida"), ("shops", "3"), ("budget", "1200.5"), ("start", "2027-05-01"), ("size", "L")]
    texts += [("wants", "Web"), ("wants", "Film"), ("urgent", "yes"), ("site", "")]
    assert (await browse(anyone, form["action"], data=texts)).status == 303
    wanted = {"shops": 3, "budget": "1200.50", "start": "2027-05-01", "size": "L", "wants": ["Film", "Web"]}
    assert [lead["custom"] for lead in await leads(anna)] == [wanted | {"urgent": True}]
    typed = {"name": "Ole", "shops": 2.5, "wants": ["Web"], "urgent": False, "site": "https://ole.example"}
    assert await sent(anyone, form, typed) == 200
    [lead] = (await anna.get("/api/leads?name=Ole")).json["items"]
    assert lead["custom"] == {n: v for n, v in typed.items() if n != "name"}
    assert (await sent(anyone, form, {"name": "x", "shops": "many", "size": "XXL"})).wrong == {
        "shops": "not_a_number",
        "size": "not_allowed",
    }
    page = (await browse(anyone, form["page"])).text
    assert '<input type="checkbox" name="wants" value="Film">' in page
    fields = {f["key"]: f["id"] for f in (await anna.get("/api/settings/custom-fields")).json["items"]}
    assert await anna.delete(f"/api/settings/custom-fields/{fields['size']}") == 204
    assert 'name="size"' not in (await browse(anyone, form["page"])).text
    assert await sent(anyone, form, {"name": "After"}) == 200


async def test_a_plain_form_works_without_scripts_and_leads_to_the_thanks(make: Make, anyone: Client):
    anna = await make.owner(team_name="Studio <North>")
    form = await make.form(anna, title="Say hello", intro="We answer within a day.", consent_text="Write to me.")
    page = await browse(anyone, form["page"])
    assert page.status == 200
    assert "Say hello" in page.text
    assert "Studio &lt;North&gt;" in page.text
    assert "<script" not in page.text
    wrong = await browse(anyone, form["action"], data={"name": '"><b>Ida', "email": "nothing", "message": "Hi"})
    assert wrong.status == 422
    assert 'value="&#34;&gt;&lt;b&gt;Ida"' in wrong.text
    assert 'aria-invalid="true"' in wrong.text
    for encoding in ({"data": IDA}, {"data": _multipart(IDA | {"name": "Åse Æ"})}):
        done = await browse(anyone, form["action"], **encoding)
        assert (done.status, done.headers["Location"]) == (303, f"{form['page']}/thanks")
    assert "Thank you" in (await browse(anyone, f"{form['page']}/thanks")).text
    assert sorted(lead["name"] for lead in await leads(anna)) == ["Ida Holm", "Åse Æ"]


async def test_people_are_led_only_where_the_form_says(make: Make, anyone: Client):
    anna = await make.owner()
    form = await make.form(anna, thanks_url="https://studio.example/thanks", origins=[SITE])
    fields = [{"to": "name", "label": "Name"}]
    form = (await anna.patch(f"/api/forms/{form['id']}", {"inputs": fields})).json
    done = await browse(anyone, form["action"], data={"name": "Ida"})
    assert (done.status, done.headers["Location"]) == (303, "https://studio.example/thanks")
    asked = await browse(anyone, form["action"], data={"name": "Ida", "redirect": "https://evil.example"})
    assert asked.status == 422
    policy = (await browse(anyone, form["page"])).headers["Content-Security-Policy"]
    assert "form-action 'self' https://studio.example;" in policy
    assert f"frame-ancestors 'self' {SITE}" in policy
    assert (await sent(anyone, form, {"name": "Ole"})).json["url"] == "https://studio.example/thanks"


async def test_browsers_of_other_sites_are_told_exactly_what_the_form_says(make: Make, anyone: Client, sql: Any):
    anna = await make.owner()
    form = await make.form(anna, origins=[SITE])
    allowed = await sent(anyone, form, Origin=SITE)
    assert (allowed.status, allowed.headers["Access-Control-Allow-Origin"]) == (200, SITE)
    readable = await sent(anyone, form, {"name": ""}, Origin=SITE)
    assert (readable.status, readable.headers["Access-Control-Allow-Origin"]) == (422, SITE)
    for origin in (STRANGER, "null", f"{SITE}.evil.example", "http://studio.example"):
        refused = await sent(anyone, form, IDA | {"name": origin}, Origin=origin)
        assert (refused.status, refused.code) == (403, "origin_not_allowed")
        assert "Access-Control-Allow-Origin" not in refused.headers
    assert await sent(anyone, form, {"name": "Own", "email": "a@b.example"}, Origin=anyone.url) == 200
    assert len(await leads(anna)) == 2
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    for path, origin, status in (
        (form["action"], SITE, 200),
        (form["action"], STRANGER, 403),
        ("/api/forms/nothing", SITE, 403),
    ):
        async with anyone.session.options(anyone.url + path, headers={"Origin": origin} | asked) as answer:
            given = answer.headers.get("Access-Control-Allow-Origin")
            assert (answer.status, given) == (status, SITE if status == 200 else None)


async def test_what_comes_twice_is_taken_once(make: Make, anyone: Client):
    anna = await make.owner()
    form = await make.form(anna)
    await asyncio.gather(*(sent(anyone, form) for _ in range(5)))
    for _ in range(2):  # a click that was meant once, in parts whose boundary is another one each time
        assert (await browse(anyone, form["action"], data=_multipart({"name": "Ole", "email": "o@l.example"}))).status
    key = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(2):
        assert await sent(anyone, form, {"name": "Kim", "email": "k@m.example"}, **key) == 200
    assert sorted(lead["name"] for lead in await leads(anna)) == ["Ida Holm", "Kim", "Ole"]


async def test_a_closed_form_takes_nothing_and_has_no_page(make: Make, anyone: Client):
    anna = await make.owner()
    form = await make.form(anna)
    assert await anna.patch(f"/api/forms/{form['id']}", {"active": False}) == 200
    assert (await sent(anyone, form)).code == "not_found"
    page = await browse(anyone, form["page"])
    assert (page.status, "closed" in page.text) == (404, True)
    assert await leads(anna) == []


async def test_its_owner_may_be_gone_and_its_tags_too(make: Make, anyone: Client, sql: Any):
    anna = await make.owner()
    ben = await make.member(anna)
    tag = (await anna.post("/api/tags", {"name": "Web"})).json
    form = await make.form(anna, assigned_to_id=ben.id, tag_ids=[tag["id"]])
    assert await anna.delete(f"/api/tags/{tag['id']}") == 204
    await sql("UPDATE member SET left_at = now() WHERE id = $1::text::uuid", ben.member_id)
    assert await sent(anyone, form) == 200
    [lead] = await leads(anna)
    assert (lead["assigned_to_id"], lead["tags"]) == (None, [])


@pytest.mark.parametrize(
    ("media", "body", "code"),
    [
        ("application/x-www-form-urlencoded", b"name=\xff", "not_a_form"),
        ("application/x-www-form-urlencoded", b"name=%ff", "not_a_form"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(300)), "not_a_form"),
        ("multipart/form-data; boundary=x", b"nothing", "not_a_form"),
        ("multipart/form-data", b"--x--", "not_a_form"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno name\r\n--x--\r\n", "not_a_form"),
        ("application/x-www-form-urlencoded", b"name=%00", "validation_failed"),
        ("application/json", b"{" + b" " * 70_000 + b"}", "too_large"),
    ],
)
async def test_what_is_no_form_is_refused(media: str, body: bytes, code: str, make: Make, anyone: Client):
    form = await make.form(await make.owner())
    answer = await anyone.ask("POST", form["action"], data=body, headers={"Content-Type": media})
    assert (answer.status < 500, answer.code) == (True, code)


async def test_files_are_not_taken(make: Make, anyone: Client):
    form = await make.form(await make.owner())
    data = aiohttp.FormData()
    data.add_field("name", b"GIF89a", filename="a.gif")
    answer = await anyone.ask("POST", form["action"], data=data)
    assert answer.wrong == {"name": "no_files"}


async def test_a_form_and_an_address_are_limited(web: Start, make: Make):
    anna = await make.owner()
    form, other = await make.form(anna), await make.form(anna)
    client, _ = await web(RATE_FORM="2/hour", RATE_PUBLIC_ADDRESS="5/hour")
    answers = [(await sent(client, form, IDA | {"name": f"Ida {n}"})).status for n in range(3)]
    assert answers == [200, 200, 429]
    assert [(await sent(client, other)).status for _ in range(3)] == [200, 200, 429]
    assert (await browse(client, form["page"])).status == 200


def _multipart(fields: dict[str, str]) -> Any:
    data = aiohttp.FormData(default_to_multipart=True)
    for name, value in fields.items():
        data.add_field(name, value)
    return data
