"""What becomes of a form that was sent."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from tests.contract.conftest import Start, web
from tests.factories import Make
from tests.forms.conftest import IDA, browse, leads, multipart, sent
from tests.helpers.http import Client
from tests.realtime.conftest import Connect, connect

__all__ = ["connect", "web"]  # the fixtures


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


async def test_what_comes_twice_is_taken_once(make: Make, anyone: Client):
    anna = await make.owner()
    form = await make.form(anna)
    await asyncio.gather(*(sent(anyone, form) for _ in range(5)))
    for _ in range(2):  # a click that was meant once, in parts whose boundary is another one each time
        assert (await browse(anyone, form["action"], data=multipart({"name": "Ole", "email": "o@l.example"}))).status
    key = {"Idempotency-Key": uuid.uuid4().hex}
    for _ in range(2):
        assert await sent(anyone, form, {"name": "Kim", "email": "k@m.example"}, **key) == 200
    assert sorted(lead["name"] for lead in await leads(anna)) == ["Ida Holm", "Kim", "Ole"]


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


async def test_a_form_and_an_address_are_limited(web: Start, make: Make):
    anna = await make.owner()
    form, other = await make.form(anna), await make.form(anna)
    client, _ = await web(RATE_FORM="2/hour", RATE_PUBLIC_ADDRESS="5/hour")
    answers = [(await sent(client, form, IDA | {"name": f"Ida {n}"})).status for n in range(3)]
    assert answers == [200, 200, 429]
    assert [(await sent(client, other)).status for _ in range(3)] == [200, 200, 429]
    assert (await browse(client, form["page"])).status == 200
