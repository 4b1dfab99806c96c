"""Forms as browsers show and send them: the form's own page, and pages of other sites."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.factories import Make
from tests.forms.conftest import IDA, browse, leads, multipart, sent
from tests.helpers.http import Client

SITE, STRANGER = "https://studio.example", "https://elsewhere.example"


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
    for encoding in ({"data": IDA}, {"data": multipart(IDA | {"name": "Åse Æ"})}):
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


async def test_a_closed_form_takes_nothing_and_has_no_page(make: Make, anyone: Client):
    anna = await make.owner()
    form = await make.form(anna)
    assert await anna.patch(f"/api/forms/{form['id']}", {"active": False}) == 200
    assert (await sent(anyone, form)).code == "not_found"
    page = await browse(anyone, form["page"])
    assert (page.status, "closed" in page.text) == (404, True)
    assert await leads(anna) == []


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
