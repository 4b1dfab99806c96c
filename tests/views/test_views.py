"""Saved views: whose they are, whether they fit their list, and who hears of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.factories import Make
from tests.factories.people import Person

CLIENTS: dict[str, Any] = {
    "kind": "contact",
    "name": "Clients",
    "filter": {"kind": "client", "created_at[gte]": "2026-01-01", "q": "mar"},
    "sort": "-created_at,name",
    "columns": ["name", "emails", "tags"],
}


async def saved(person: Person, **fields: Any) -> dict[str, Any]:
    answer = await person.post("/api/views", CLIENTS | fields)
    assert answer == 201, answer
    return answer.json


async def names(person: Person, query: str = "") -> list[str]:
    return [view["name"] for view in (await person.get(f"/api/views{query}")).json["items"]]


async def test_a_view_is_what_its_list_takes(make: Make):
    anna = await make.owner()
    view = await saved(anna)
    assert view == CLIENTS | {
        "id": view["id"],
        "version": 1,
        "created_at": view["created_at"],
        "updated_at": view["created_at"],
        "shared": False,
        "owner_id": anna.id,
        "missing": [],
    }
    await make.contact(anna, name="Mara")
    await make.contact(anna, name="Per")
    listed = await anna.get(f"/api/contacts?{urlencode(view['filter'] | {'sort': view['sort']})}")
    assert [c["name"] for c in listed.json["items"]] == ["Mara"]


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"filter": {"colour": "red"}}, {"filter.colour": "unknown_parameter"}),
        ({"filter": {"kind": "friend"}}, {"filter.kind": "wrong_value"}),
        ({"filter": {"kind[like]": "x"}}, {"filter.kind[like]": "unknown_operator"}),
        (
            {"filter": {"limit": "5", "cursor": "x"}},
            {"filter.limit": "unknown_parameter", "filter.cursor": "unknown_parameter"},
        ),
        ({"filter": {"custom.campaign": "x"}}, {"filter.custom.campaign": "unknown_parameter"}),
        ({"filter": {"Not a key": "x"}}, {"filter.Not a key": "unknown_parameter"}),
        ({"sort": "height"}, {"sort": "unknown_sort"}),
        ({"sort": "custom.campaign"}, {"sort": "unknown_sort"}),
        ({"columns": ["name", "height", "company"]}, {"columns[1]": "unknown_column", "columns[2]": "unknown_column"}),
        ({"columns": ["custom.campaign"]}, {"columns[0]": "unknown_column"}),
        ({"columns": ["name", "name"]}, {"columns": "given_twice"}),
        ({"kind": "note"}, {"kind": "not_allowed"}),
        ({"name": ""}, {"name": "too_short"}),
        ({"owner_id": "x"}, {"owner_id": "unknown_field"}),
        (
            {"filter": {"a": "b"}, "sort": "c", "columns": ["d"]},
            {"filter.a": "unknown_parameter", "sort": "unknown_sort", "columns[0]": "unknown_column"},
        ),
    ],
)
async def test_what_the_list_does_not_have_is_named(make: Make, fields: dict[str, Any], wrong: dict[str, str]):
    anna = await make.owner()
    answer = await anna.post("/api/views", CLIENTS | fields)
    assert (answer.status, answer.wrong) == (422, wrong)


async def test_a_deleted_field_is_said_to_be_missing(make: Make):
    anna = await make.owner()
    field = {"entity": "contact", "label": "Campaign", "type": "text"}
    made = (await anna.post("/api/settings/custom-fields", field)).json
    parts = {"filter": {"custom.campaign[ne]": "x"}, "sort": "custom.campaign", "columns": ["name", "custom.campaign"]}
    view = await saved(anna, **parts)
    assert view["missing"] == []
    assert await anna.delete(f"/api/settings/custom-fields/{made['id']}") == 204
    [now] = (await anna.get("/api/views")).json["items"]
    assert now == view | {"missing": ["custom.campaign"]}
    path = f"/api/views/{view['id']}"
    assert await anna.patch(path, {"name": "Renamed", "sort": view["sort"]}) == 200
    assert (await anna.patch(path, {"filter": {"custom.campaign": "y"}})).wrong == {
        "filter.custom.campaign": "unknown_parameter"
    }
    mended = await anna.patch(path, {"filter": {}, "sort": None, "columns": ["name"]})
    assert (mended.status, mended.json["missing"]) == (200, [])


async def test_ones_own_are_ones_own_and_shared_ones_everybodys(make: Make):
    anna = await make.owner()
    ben, cleo = await make.member(anna), await make.member(anna, "manager")
    own, shared = await saved(ben, name="Own"), await saved(ben, name="Shared", shared=True)
    assert await names(ben) == ["Own", "Shared"]
    assert await names(anna) == ["Shared"] == await names(cleo, "?kind=contact&shared=true")
    for person in (anna, cleo):
        assert await person.patch(f"/api/views/{own['id']}", {"name": "Mine"}) == 404
        assert await person.delete(f"/api/views/{own['id']}") == 404
    dora = await make.member(anna)
    refused = await dora.patch(f"/api/views/{shared['id']}", {"name": "Mine"})
    assert (refused.status, refused.code) == (403, "not_owner")
    assert await dora.delete(f"/api/views/{shared['id']}") == 403
    assert await cleo.patch(f"/api/views/{shared['id']}", {"name": "Ours"}) == 200
    assert await cleo.delete(f"/api/views/{shared['id']}") == 204
    assert await names(ben) == ["Own"]


async def test_a_view_of_what_one_may_not_read_is_not_seen(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    body = {"kind": "contract", "name": "Running", "filter": {"status": "active"}, "shared": True}
    assert await anna.post("/api/views", body) == 201
    assert await names(ben) == []
    assert await make.heard(ben, "view.created") == []
    refused = await ben.post("/api/views", body)
    assert (refused.status, refused.json["permission"]) == (403, "contracts:read")


async def test_who_sees_a_view_hears_of_it(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    view = await saved(anna)
    path = f"/api/views/{view['id']}"
    assert await make.heard(ben) == []
    shared = (await anna.patch(path, {"shared": True})).json
    [told] = await make.heard(ben)
    assert (told["type"], told["data"], told["changes"]) == ("view.updated", shared, {"shared": [False, True]})
    assert await anna.patch(path, {"shared": True}) == 200
    assert await anna.patch(path, {"shared": False}) == 200
    assert await anna.delete(path) == 204
    assert [e["type"] for e in await make.heard(ben)] == ["view.updated", "view.left"]
    heard = [e["type"] for e in await make.heard(anna)]
    assert heard == ["view.created", "view.updated", "view.updated", "view.deleted"]
