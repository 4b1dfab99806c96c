"""The search box: what it finds, how it ranks and shows that, and what it never shows."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from tests.factories import Make
from tests.factories.people import Person


async def found(person: Person, q: str, **more: Any) -> list[dict[str, Any]]:
    extra = "".join(f"&{name}={value}" for name, value in more.items())
    answer = await person.get(f"/api/search?q={quote(q)}{extra}")
    assert answer == 200, answer
    return answer.json["items"]


async def titles(person: Person, q: str, **more: Any) -> list[tuple[str, str]]:
    return [(item["kind"], item["title"]) for item in await found(person, q, **more)]


async def test_every_kind_is_found(make: Make):
    anna = await make.owner()
    contact = await make.contact(anna, name="Mara Nordlicht")
    await make.company(anna, name="Nordlicht Film")
    lead = await make.lead(anna, name="Per Lund", company="Nordlicht")
    await make.consultant(anna, name="Kim Nordlicht", skills=["Sound"])
    await make.contract(anna, title="Retainer Nordlicht")
    project = await make.project(anna, name="Nordlicht launch")
    await make.proposal(anna, title="Brand film", sections=[{"body": "What Nordlicht needs."}])
    task = await make.task(anna, project, title="Poster", description="for Nordlicht")
    assert await anna.post(f"/api/tasks/{task['id']}/comments", {"body": "Nordlicht likes it."}) == 201
    assert await anna.post(f"/api/leads/{lead['id']}/notes", {"body": "Came through Nordlicht."}) == 201
    items = await found(anna, "nordlicht")
    assert {(i["kind"], i["title"]) for i in items} == {
        ("contact", "Mara Nordlicht"),
        ("company", "Nordlicht Film"),
        ("lead", "Per Lund"),
        ("contact", "Kim Nordlicht"),
        ("consultant", "Kim Nordlicht"),
        ("contract", "Retainer Nordlicht"),
        ("project", "Nordlicht launch"),
        ("proposal", "Brand film"),
        ("task", "Poster"),
        ("comment", "Poster"),
        ("note", "Per Lund"),
    }
    subjects = {i["kind"]: i["subject"] for i in items}
    assert subjects["note"] == {"kind": "lead", "id": lead["id"]}
    assert subjects["comment"] == {"kind": "task", "id": task["id"]}
    assert subjects["contact"] is None
    assert await titles(anna, "nordlicht", kinds="company,project") == [
        ("project", "Nordlicht launch"),
        ("company", "Nordlicht Film"),
    ]
    assert len(await found(anna, "nordlicht", limit=3)) == 3
    assert (await found(anna, "Mara Nordlicht"))[0]["id"] == contact["id"]


async def test_words_begin_words_in_any_order_whatever_case_and_accents(make: Make):
    anna = await make.owner()
    await make.contact(anna, name="Åse Lindström-Bøe", title="Producer", address={"city": "Malmö"})
    for q in ("ase", "ÅSE", "lindstrom", "lind as", "boe", "malmo prod", "Lindström-Bø", "ase,"):
        assert await titles(anna, q) == [("contact", "Åse Lindström-Bøe")], q
    for q in ("se", "ase berlin", "tromso"):
        assert await titles(anna, q) == [], q


async def test_names_come_before_texts_and_whole_names_first(make: Make):
    anna = await make.owner()
    await make.task(anna, title="Call back", description="Ask Lund about light")
    await make.contact(anna, name="Per Lund")
    await make.contact(anna, name="Lundgren")
    await make.company(anna, name="Lund")
    items = await found(anna, "lund")
    assert [i["title"] for i in items] == ["Lund", "Lundgren", "Per Lund", "Call back"]
    assert [i["score"] for i in items] == [1, 0.9, 0.8, 0.5]


async def test_a_typo_is_forgiven(make: Make):
    anna = await make.owner()
    await make.contact(anna, name="Mara Lindqvist")
    for q in ("Lindkvist", "Mara Lindqvits", "Maara Lindqvist", "lindqist"):
        [item] = await found(anna, q)
        assert item["title"] == "Mara Lindqvist", q
        assert item["score"] <= 0.5
        assert item["snippet"].replace("<mark>", "").replace("</mark>", "") == "Mara Lindqvist"
    assert await found(anna, "Schneider") == []


async def test_the_snippet_has_the_hit_and_no_markup_of_others(make: Make):
    anna = await make.owner()
    await make.task(anna, title="One", description="x " * 200 + 'the <b>poster</b> & "more" ' + "y " * 200)
    [item] = await found(anna, "post")
    assert "<mark>poster</mark>" in item["snippet"]
    assert "&lt;b&gt;" in item["snippet"]
    assert "&amp; &quot;more&quot;" in item["snippet"]
    assert item["snippet"].startswith("…")
    assert item["snippet"].endswith("…")
    await make.contact(anna, name="<script>alert(1)</script>")
    [item] = await found(anna, "script")
    assert item["snippet"] == "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt;"


async def test_tags_are_found_by_their_present_names(make: Make):
    anna = await make.owner()
    contact = await make.contact(anna, name="Mara", address={"city": "Berlin"})
    tagged = (await anna.post(f"/api/contacts/{contact['id']}/tags", {"names": ["Trade fair"]})).json
    [tag] = tagged["tags"]
    [item] = await found(anna, "berlin fair")
    assert (item["title"], item["snippet"]) == ("Mara", "<mark>Berlin</mark>")
    assert (await found(anna, "trad"))[0]["snippet"] == "<mark>Trade</mark> fair"
    assert await anna.put(f"/api/tags/{tag['id']}", {"name": "Exhibition"}) == 200
    assert await found(anna, "fair") == []
    assert len(await found(anna, "exhib")) == 1
    assert await anna.delete(f"/api/contacts/{contact['id']}/tags/{tag['id']}") == 204
    assert await found(anna, "exhib") == []


async def test_the_teams_own_fields_are_found_and_deleted_ones_not_shown(make: Make):
    anna = await make.owner()
    field = {"entity": "lead", "label": "Campaign", "type": "text"}
    made = (await anna.post("/api/settings/custom-fields", field)).json
    await make.lead(anna, name="Per", custom={"campaign": "Sternschnuppe"})
    [item] = await found(anna, "stern")
    assert item["snippet"] == "<mark>Sternschnuppe</mark>"
    assert await anna.delete(f"/api/settings/custom-fields/{made['id']}") == 204
    assert "Sternschnuppe" not in str(await found(anna, "per"))


async def test_numbers_and_addresses_are_found_as_people_write_them(make: Make):
    anna = await make.owner()
    await make.contact(anna, name="Mara", phones=[{"phone": "+493090182000"}], emails=[{"email": "mara@north.example"}])
    await make.lead(anna, name="Per", phone="+4930444555")
    for q in ("+49 30 901820", "+49 (30) 90 18 20-00", "493090182000", "mara@north.example", "north.ex"):
        assert await titles(anna, q) == [("contact", "Mara")], q


async def test_what_is_changed_or_gone_is_found_as_it_is_now(make: Make):
    anna = await make.owner()
    project = await make.project(anna, name="Alpha")
    task = await make.task(anna, project, title="Beta")
    assert await anna.post(f"/api/tasks/{task['id']}/comments", {"body": "Gamma"}) == 201
    assert await anna.patch(f"/api/projects/{project['id']}", {"name": "Delta"}) == 200
    assert await found(anna, "alpha") == []
    assert await titles(anna, "delta") == [("project", "Delta")]
    consultant = await make.consultant(anna, name="Kim")
    assert await anna.patch(f"/api/contacts/{consultant['contact_id']}", {"name": "Robin"}) == 200
    assert {kind for kind, _ in await titles(anna, "robin")} == {"contact", "consultant"}
    assert await anna.delete(f"/api/projects/{project['id']}") == 204
    assert [await found(anna, q) for q in ("delta", "beta", "gamma")] == [[], [], []]
    kept, gone = await make.contact(anna, name="Ida Holm"), await make.contact(anna, name="Ida Holmberg")
    assert await anna.post(f"/api/contacts/{kept['id']}/merge", {"from_id": gone["id"]}) == 200
    assert await titles(anna, "ida") == [("contact", "Ida Holm")]


async def test_another_teams_records_are_never_found(make: Make):
    anna, other = await make.owner(), await make.owner()
    await make.contact(other, name="Quintessa")
    assert await found(anna, "quintessa") == []
    assert await found(anna, "quintesa") == []


async def test_a_member_finds_what_they_may_see(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    access = {"settings": {"access": {"contacts": "own"}}}
    mine = await make.project(anna, ben, name="Zephyr one")
    hidden = await make.project(anna, name="Zephyr two")
    for project in (mine, hidden):
        task = await make.task(anna, project, title=f"Zephyr task of {project['name']}")
        assert await anna.post(f"/api/tasks/{task['id']}/comments", {"body": "Zephyr it is"}) == 201
    await make.contract(anna, title="Zephyr contract")
    await make.consultant(anna, name="Zephyr", skills=["Sound"])
    contact = await make.contact(anna, name="Zephyr Berg")
    assert await anna.post(f"/api/contacts/{contact['id']}/notes", {"body": "Zephyr note"}) == 201
    assert await anna.patch(f"/api/teams/{anna.team_id}", access) == 200
    await make.contact(ben, name="Zephyr Dahl")
    assert set(await titles(ben, "zephyr")) == {
        ("contact", "Zephyr Dahl"),
        ("project", "Zephyr one"),
        ("task", "Zephyr task of Zephyr one"),
        ("comment", "Zephyr task of Zephyr one"),
    }
    assert await titles(ben, "zephir brg") == []
    assert await titles(ben, "zephyr", kinds="contract,consultant") == []
    assert len(await found(anna, "zephyr")) == 12


MANY = """
INSERT INTO contact (id, team_id, name) SELECT gen_random_uuid(), $1, 'Aaa Common ' || n FROM generate_series(1, 1500) n
"""


async def test_who_sees_few_finds_them_among_many(make: Make):
    import uuid

    anna = await make.owner()
    ben = await make.member(anna)
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {"contacts": "own"}}}) == 200
    await make.sql(MANY, uuid.UUID(anna.team_id))
    await make.contact(ben, name="Zzz common")
    assert await titles(ben, "common") == [("contact", "Zzz common")]
    assert await titles(ben, "comon") == [("contact", "Zzz common")]
    assert len(await found(anna, "common", limit=50)) == 50


STRANGE = ["", " ", "   %  ", "&|!()<->:*'\\", "'; DROP TABLE contact; --", "a" * 5000, "the of and", "日本語", "🎉"]


@pytest.mark.parametrize("q", [*STRANGE, "e", "%_", "\\"])
async def test_a_strange_query_is_answered(make: Make, q: str):
    anna = await make.owner()
    await make.contact(anna, name="Mara")
    assert await found(anna, q) == []


async def test_what_is_not_a_query_is_refused(make: Make):
    anna = await make.owner()
    assert (await anna.get("/api/search?q=a&kinds=contact,nothing")).wrong == {"kinds": "not_allowed"}
    assert (await anna.get("/api/search?q=a&limit=51")).wrong == {"limit": "too_large"}
    assert (await anna.get("/api/search?q=a&sort=name")).wrong == {"sort": "unknown_field"}
    assert (await anna.get("/api/search?q=%00")).wrong == {"q": "invalid_character"}


async def test_words_in_other_scripts_and_stop_words_are_words(make: Make):
    anna = await make.owner()
    await make.company(anna, name="The Who")
    await make.company(anna, name="Студия Север")
    assert await titles(anna, "the") == [("company", "The Who")]
    assert await titles(anna, "студ") == [("company", "Студия Север")]


async def test_many_write_at_once_and_all_is_found(make: Make):
    anna = await make.owner()
    await asyncio.gather(*(make.contact(anna, name=f"Crowd {n}") for n in range(20)))
    assert len(await found(anna, "crowd")) == 20
