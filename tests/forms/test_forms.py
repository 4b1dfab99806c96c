"""Forms as the team sees them: made, changed, closed, removed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make

ASKED = [
    {"to": "name", "name": "name", "label": "Name", "hint": "", "required": True},
    {"to": "email", "name": "email", "label": "E-mail", "hint": "", "required": True},
    {"to": "message", "name": "message", "label": "Message", "hint": "", "required": False},
]


async def test_a_form_has_an_address_and_asks_for_the_usual_and_the_team_hears_of_it(make: Make):
    anna = await make.owner()
    answer = await anna.post("/api/forms", {"name": "Contact"})
    assert answer == 201, answer
    form = answer.json
    assert len(form["token"]) >= 20
    assert form == {
        "id": form["id"],
        "version": 1,
        "created_at": form["created_at"],
        "updated_at": form["created_at"],
        "name": "Contact",
        "active": True,
        "token": form["token"],
        "page": f"/f/{form['token']}",
        "action": f"/api/forms/{form['token']}",
        "title": None,
        "intro": None,
        "button": None,
        "thanks": None,
        "thanks_url": None,
        "inputs": ASKED,
        "origins": [],
        "consent_text": None,
        "consent_required": False,
        "assigned_to_id": None,
        "stage": None,
        "tag_ids": [],
        "created_by": anna.id,
    }
    assert answer.headers["Location"] == f"/api/forms/{form['id']}"
    assert (await anna.get(f"/api/forms/{form['id']}")).json == form
    changed = (await anna.patch(f"/api/forms/{form['id']}", {"origins": ["HTTPS://Studio.Example:443/"]})).json
    assert changed["origins"] == ["https://studio.example"]
    assert (await anna.get("/api/forms")).json["items"] == [changed]
    assert await anna.delete(f"/api/forms/{form['id']}") == 204
    told = [e for e in await make.logged(f"team:{anna.team_id}") if e["type"].startswith("form.")]
    assert [(e["type"], e["data"]) for e in told] == [
        ("form.created", form),
        ("form.updated", changed),
        ("form.deleted", None),
    ]


async def test_members_see_forms_and_do_not_change_them(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    form = await make.form(anna)
    assert (await ben.get("/api/forms")).json["items"] == [form]
    assert (await ben.post("/api/forms", {"name": "Mine"})).status == 403
    assert (await ben.patch(f"/api/forms/{form['id']}", {"name": "Mine"})).status == 403
    assert (await ben.delete(f"/api/forms/{form['id']}")).status == 403


NAME = {"to": "name", "label": "Name"}
WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"inputs": []}, {"inputs": "too_few"}),
    ({"inputs": [{"to": "message", "label": "Message"}]}, {"inputs": "nobody"}),
    ({"inputs": [NAME, NAME]}, {"inputs": "given_twice"}),
    ({"inputs": [NAME, {"to": "email", "name": "name", "label": "E-mail"}]}, {"inputs": "given_twice"}),
    ({"inputs": [{**NAME, "name": "website"}]}, {"inputs": "name_taken"}),
    ({"inputs": [{"to": "score", "label": "Score"}]}, {"inputs[0].to": "string_pattern_mismatch"}),
    ({"inputs": [NAME, {"to": "custom.nothing", "label": "x"}]}, {"inputs[1].to": "unknown_field"}),
    ({"thanks_url": "javascript:alert(1)"}, {"thanks_url": "not_a_url"}),
    ({"thanks_url": "//evil.example"}, {"thanks_url": "not_a_url"}),
    ({"thanks_url": "https://ok.example\\@evil.example"}, {"thanks_url": "not_a_url"}),
    ({"origins": ["https://studio.example/page"]}, {"origins[0]": "value_error"}),
    ({"origins": ["*"]}, {"origins[0]": "value_error"}),
    ({"stage": "won"}, {"stage": "not_allowed"}),
    ({"assigned_to_id": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"}, {"assigned_to_id": "not_found"}),
    ({"tag_ids": ["0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"]}, {"tag_ids[0]": "not_found"}),
]


@pytest.mark.parametrize(("fields", "wrong"), WRONG)
async def test_what_makes_no_form_is_refused(fields: dict[str, Any], wrong: dict[str, str], make: Make):
    anna = await make.owner()
    assert (await anna.post("/api/forms", {"name": "Contact"} | fields)).wrong == wrong


async def test_a_form_asks_for_what_every_lead_needs(make: Make):
    anna = await make.owner()
    field = {"entity": "lead", "label": "Budget", "type": "number", "required": True}
    assert await anna.post("/api/settings/custom-fields", field) == 201
    assert (await anna.post("/api/forms", {"name": "Contact"})).wrong == {"inputs": "required"}
    asked = [NAME, {"to": "custom.budget", "label": "Budget", "required": True}]
    assert await anna.post("/api/forms", {"name": "Contact", "inputs": asked}) == 201
