"""The team's own fields, through the front door and on the records that have them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.factories import Make
from tests.factories.people import Person

FIELDS = "/api/settings/custom-fields"


async def field(person: Person, type: str = "text", **more: Any) -> dict[str, Any]:
    body = {"entity": "task", "label": f"The {type}", "key": type, "type": type} | more
    answer = await person.post(FIELDS, body)
    assert answer == 201, answer
    return answer.json


async def test_a_new_field_is_answered_listed_and_told(make: Make):
    anna = await make.owner(name="Anna")
    answer = await anna.post(FIELDS, {"entity": "task", "label": "Shoot day", "type": "date"})
    assert answer == 201, answer
    made = answer.json
    assert answer.headers["Location"] == f"{FIELDS}/{made['id']}"
    assert made == {
        "id": made["id"],
        "version": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "entity": "task",
        "key": "shoot_day",
        "label": "Shoot day",
        "type": "date",
        "options": [],
        "currency": None,
        "required": False,
        "position": 0,
    }
    other = await field(anna, "number", entity="project")
    assert (await anna.get(FIELDS)).json == {"items": [made, other], "next_cursor": None}
    assert (await anna.get(FIELDS + "?entity=project")).json["items"] == [other]
    [told, _] = await make.told(anna.team_id, "custom_field.created")
    assert (told["data"], told["detail"]) == (made, {"label": "Shoot day"})


async def test_a_member_reads_the_fields_and_changes_none(make: Make):
    anna = await make.owner()
    made = await field(anna)
    ben = await make.member(anna, role="manager")
    assert (await ben.get(FIELDS)).json["items"] == [made]
    for refused in (
        await ben.post(FIELDS, {"entity": "task", "label": "x", "type": "text"}),
        await ben.put(f"{FIELDS}/{made['id']}", {"label": "x"}),
        await ben.delete(f"{FIELDS}/{made['id']}"),
    ):
        assert (refused.status, refused.json["permission"]) == (403, "custom_fields:write")


async def test_lists_are_sorted_by_fields_of_every_type_that_has_an_order(make: Make):
    anna = await make.owner()
    values: dict[str, list[Any]] = {
        "number": [10, 9.5, None, -3],
        "money": ["5.00", "10.00", None, "7.25"],
        "date": ["2026-12-01", "2026-01-31", None, "2027-01-01"],
        "text": ["b", "a", None, "c"],
        "boolean": [True, False, None, False],
    }
    for type in values:
        await field(anna, type)
    await field(anna, "multi_select", options=["A"])
    for n in range(4):
        await make.task(anna, custom={type: of[n] for type, of in values.items() if of[n] is not None})
    for type, of in values.items():
        there = [v for v in of if v is not None]
        key = float if type in ("number", "money") else str if type in ("date", "text") else int
        for sign, down in (("", False), ("-", True)):
            path = f"/api/tasks?sort={sign}custom.{type}"
            whole = (await anna.get(path)).json["items"]
            assert [t["custom"].get(type) for t in whole] == [*sorted(there, key=key, reverse=down), None], path
            pages, cursor = [], ""
            while cursor is not None:
                page = (await anna.get(f"{path}&limit=1" + (f"&cursor={quote(cursor)}" if cursor else ""))).json
                pages += page["items"]
                cursor = page["next_cursor"]
            assert pages == whole
    for name in ("custom.nothing", "custom.multi_select", "custom."):
        assert (await anna.get(f"/api/tasks?sort={name}")).wrong == {"sort": "unknown_sort"}
    first = (await anna.get("/api/tasks?sort=custom.text&limit=1")).json["next_cursor"]
    assert (await anna.get(f"/api/tasks?sort=custom.date&cursor={quote(first)}")).wrong == {"cursor": "wrong_value"}


async def test_another_teams_field_does_not_exist(make: Make):
    made = await field(await make.owner())
    zoe = await make.owner()
    assert await zoe.put(f"{FIELDS}/{made['id']}", {"label": "Mine"}) == 404
    assert await zoe.delete(f"{FIELDS}/{made['id']}") == 404
    assert (await zoe.get(FIELDS)).json["items"] == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"type": "select"}, {"options": "required"}),
        ({"type": "text", "options": ["a"]}, {"options": "not_allowed"}),
        ({"type": "select", "options": ["a", "a"]}, {"options": "not_unique"}),
        ({"type": "select", "options": ["a,b"]}, {"options[0]": "string_pattern_mismatch"}),
        ({"type": "text", "currency": "EUR"}, {"currency": "not_allowed"}),
        ({"type": "money", "currency": "XQX"}, {"currency": "unknown_currency"}),
        ({"type": "text", "key": "Shoot-Day"}, {"key": "string_pattern_mismatch"}),
        ({"type": "text", "label": "123"}, {"key": "required"}),
        ({"type": "colour", "entity": "sheep"}, {"type": "not_allowed", "entity": "not_allowed"}),
    ],
)
async def test_a_field_that_makes_no_sense_is_refused(make: Make, body: dict[str, Any], wrong: dict[str, str]):
    answer = await (await make.owner()).post(FIELDS, {"entity": "task", "label": "Label"} | body)
    assert (answer.status, answer.wrong) == (422, wrong)


async def test_a_field_is_replaced_but_not_what_values_depend_on(make: Make):
    anna = await make.owner()
    made = await field(anna, "select", options=["a", "b"])
    path = f"{FIELDS}/{made['id']}"
    answer = await anna.put(path, {**editable(made), "label": "Size", "options": ["b", "c"], "required": True})
    assert answer.json == made | {
        "version": 2,
        "updated_at": answer.json["updated_at"],
        "label": "Size",
        "options": ["b", "c"],
        "required": True,
    }
    assert (await anna.put(path, editable(answer.json))).json == answer.json
    refused = await anna.put(path, {"label": "Size", "options": ["b"], "type": "text", "key": "other"})
    assert (refused.status, refused.wrong) == (422, {"key": "read_only", "type": "read_only"})
    stale = await anna.put(path, {"label": "Older", "options": ["b"]}, headers={"If-Match": '"1"'})
    assert stale == 412


def editable(made: dict[str, Any]) -> dict[str, Any]:
    return {n: v for n, v in made.items() if n not in ("id", "version", "created_at", "updated_at")}


VALUES = [
    ("text", {}, "  A line ", "A line"),
    ("number", {}, 12.5, 12.5),
    ("number", {}, -3, -3),
    ("money", {"currency": "EUR"}, "12.5", "12.50"),
    ("money", {"currency": "JPY"}, "1200", "1200"),
    ("date", {}, "2026-12-01", "2026-12-01"),
    ("select", {"options": ["small", "large"]}, "large", "large"),
    ("multi_select", {"options": ["a", "b", "c"]}, ["c", "a", "c"], ["a", "c"]),
    ("url", {}, "https://example.com/brief?x=1", "https://example.com/brief?x=1"),
    ("boolean", {}, False, False),
]


@pytest.mark.parametrize(("type", "more", "sent", "stored"), VALUES)
async def test_a_value_is_kept_and_found_again(make: Make, type: str, more: dict[str, Any], sent: Any, stored: Any):
    anna = await make.owner()
    await field(anna, type, **more)
    task = await make.task(anna, custom={type: sent})
    assert task["custom"] == {type: stored}
    await make.task(anna)
    wanted = stored[0] if isinstance(stored, list) else str(stored).lower() if isinstance(stored, bool) else stored
    found = await anna.get(f"/api/tasks?custom.{type}={quote(str(wanted))}")
    assert [t["id"] for t in found.json["items"]] == [task["id"]], found
    empty = await anna.get(f"/api/tasks?custom.{type}[null]=true&total=true")
    assert empty.json["total"] == 1


@pytest.mark.parametrize(
    ("type", "more", "value", "code"),
    [
        ("text", {}, 5, "not_text"),
        ("text", {}, "x" * 5001, "too_long"),
        ("number", {}, "12", "not_a_number"),
        ("number", {}, True, "not_a_number"),
        ("number", {}, 1e16, "too_large"),
        ("money", {"currency": "EUR"}, "1.234", "wrong_amount"),
        ("money", {"currency": "EUR"}, 12, "wrong_amount"),
        ("money", {"currency": "EUR"}, "1e2", "wrong_amount"),
        ("money", {"currency": "EUR"}, "1_0", "wrong_amount"),
        ("money", {"currency": "JPY"}, "1.5", "wrong_amount"),
        ("date", {}, "01.12.2026", "not_a_date"),
        ("date", {}, "2026-02-30", "not_a_date"),
        ("select", {"options": ["a"]}, "b", "not_allowed"),
        ("multi_select", {"options": ["a"]}, ["a", "b"], "not_allowed"),
        ("multi_select", {"options": ["a"]}, "a", "not_a_list"),
        ("url", {}, "javascript:alert(1)", "not_a_url"),
        ("url", {}, "https://", "not_a_url"),
        ("boolean", {}, "true", "not_a_boolean"),
    ],
)
async def test_a_value_of_another_type_is_refused(make: Make, type: str, more: dict[str, Any], value: Any, code: str):
    anna = await make.owner()
    await field(anna, type, **more)
    answer = await anna.post("/api/tasks", {"title": "Cut", "custom": {type: value}})
    assert (answer.status, answer.wrong) == (422, {f"custom.{type}": code})


async def test_every_wrong_value_is_named_at_once(make: Make):
    anna = await make.owner()
    await field(anna, "number")
    await field(anna, "date", required=True)
    answer = await anna.post("/api/tasks", {"title": "Cut", "custom": {"number": "x", "nobody": 1}})
    assert answer.wrong == {
        "custom.number": "not_a_number",
        "custom.nobody": "unknown_field",
        "custom.date": "required",
    }


async def test_patch_changes_the_sent_values_and_put_replaces_them_all(make: Make):
    anna = await make.owner()
    for type in ("text", "number", "boolean"):
        await field(anna, type)
    path = f"/api/tasks/{(await make.task(anna, custom={'text': 'x', 'number': 1}))['id']}"
    assert (await anna.patch(path, {"custom": {"boolean": True}})).json["custom"] == {
        "text": "x",
        "number": 1,
        "boolean": True,
    }
    assert (await anna.patch(path, {"custom": {"text": None}})).json["custom"] == {"number": 1, "boolean": True}
    assert (await anna.put(path, {"title": "Cut", "custom": {"number": 2}})).json["custom"] == {"number": 2}


async def test_a_required_field_that_came_later_holds_up_only_who_empties_it(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    await field(anna, "text", entity="project", required=True)
    path = f"/api/projects/{project['id']}"
    assert await anna.patch(path, {"name": "New"}) == 200
    assert (await anna.patch(path, {"custom": {"text": None}})).wrong == {"custom.text": "required"}
    assert (await anna.patch(path, {"custom": {"text": "there"}})).json["custom"] == {"text": "there"}
    assert (await anna.put(path, {"name": "New"})).wrong == {"custom.text": "required"}


async def test_a_deleted_field_hides_its_values_until_its_like_comes_back(make: Make):
    anna = await make.owner()
    made = await field(anna, "select", options=["a", "b"])
    task = await make.task(anna, custom={"select": "a"})
    path = f"/api/tasks/{task['id']}"
    assert await anna.delete(f"{FIELDS}/{made['id']}") == 204
    assert (await anna.get(FIELDS)).json["items"] == []
    assert (await anna.get(path)).json["custom"] == {}
    assert (await anna.get("/api/tasks?custom.select=a")).wrong == {"custom.select": "unknown_parameter"}
    assert (await anna.patch(path, {"custom": {"select": "b"}})).wrong == {"custom.select": "unknown_field"}
    assert await anna.patch(path, {"title": "Still whole"}) == 200
    taken = await anna.post(FIELDS, {"entity": "task", "label": "x", "key": "select", "type": "number"})
    assert (taken.status, taken.code) == (409, "key_taken")
    await field(anna, "select", options=["a", "c"])
    assert (await anna.get(path)).json["custom"] == {"select": "a"}


async def test_a_key_is_used_once_per_kind_of_record(make: Make):
    anna = await make.owner()
    await field(anna)
    await field(anna, entity="project")
    again = await anna.post(FIELDS, {"entity": "task", "label": "x", "key": "text", "type": "text"})
    assert (again.status, again.code) == (409, "key_taken")


async def test_a_stored_option_stays_although_the_field_lost_it(make: Make):
    anna = await make.owner()
    made = await field(anna, "select", options=["a", "b"])
    task = await make.task(anna, custom={"select": "a"})
    await anna.put(f"{FIELDS}/{made['id']}", {"label": "Size", "options": ["b"]})
    path = f"/api/tasks/{task['id']}"
    assert (await anna.patch(path, {"custom": {"select": "a"}})).json["custom"] == {"select": "a"}
    assert (await anna.post("/api/tasks", {"title": "x", "custom": {"select": "a"}})).wrong == {
        "custom.select": "not_allowed"
    }


async def test_true_is_not_one(make: Make):
    owner = await make.owner()
    field = {"entity": "project", "label": "Rooms", "key": "rooms", "type": "number"}
    assert await owner.post("/api/settings/custom-fields", field) == 201
    project = await make.project(owner, custom={"rooms": 1})
    answer = await owner.patch(f"/api/projects/{project['id']}", {"custom": {"rooms": True}})
    assert answer.wrong == {"custom.rooms": "not_a_number"}
    listed = await owner.get("/api/projects?custom.rooms[gte]=1")
    assert [p["id"] for p in listed.json["items"]] == [project["id"]]
