"""Contacts that may be one and the same."""

from __future__ import annotations

from typing import Any

from tests.factories import Make
from tests.factories.people import Person

MARA = {"emails": [{"email": "mara@north.example"}]}


async def pages(person: Person, limit: int = 50) -> list[dict[str, Any]]:
    """All pages, one after the other."""
    items: list[dict[str, Any]] = []
    path = f"/api/contacts/duplicates?limit={limit}"
    cursor = ""
    while True:
        answer = await person.get(path + cursor)
        assert answer == 200, answer
        assert len(answer.json["items"]) <= limit
        items += answer.json["items"]
        if answer.json["next_cursor"] is None:
            return items
        cursor = f"&cursor={answer.json['next_cursor']}"


async def test_shared_addresses_numbers_and_alike_names_are_told_with_why(make: Make):
    anna = await make.owner()
    phone = {"phones": [{"phone": "+49 30 901820"}]}
    first = await make.contact(anna, name="Mara Lindqvist", **MARA, **phone)
    second = await make.contact(anna, name="M. L.", emails=[{"email": "MARA@north.example"}])
    third = await make.contact(anna, name="Mara Lindkvist", phones=[{"phone": "+4930901820"}])
    await make.contact(anna, name="Per Moe")
    fourth = await make.contact(anna, name="Lindqvist, Mara")
    await make.lead(anna, name="Mara Lindqvist", email="mara@north.example")
    items = await pages(anna)
    told = {(i["contact"]["id"], i["other"]["id"]): (i["reasons"], i["score"]) for i in items}
    assert told[second["id"], first["id"]] == ([{"field": "email", "value": "mara@north.example"}], 0.9)
    reasons, score = told[third["id"], first["id"]]
    assert reasons[0] == {"field": "phone", "value": "+4930901820"}
    assert [r["field"] for r in reasons] == ["phone", "name"]
    assert 0.8 < score < 1
    assert told[fourth["id"], first["id"]][0] == [{"field": "name", "value": "1.00"}]
    assert (third["id"], second["id"]) not in told
    assert items[0]["contact"] == third, "sure ones first, the newest of them"
    assert len(told) == len(items), "each pair once"


async def test_pages_have_every_pair_once(make: Make):
    anna = await make.owner()
    for n in range(4):
        await make.contact(anna, name=f"Odd {'abcd'[n] * 5}", **MARA)
    for _ in range(3):
        await make.contact(anna, name="Kim Dahl")
    whole = await pages(anna)
    assert len(whole) == 6 + 3
    for limit in (1, 2, 4):
        keys = [(i["contact"]["id"], i["other"]["id"]) for i in await pages(anna, limit)]
        assert len(keys) == len(set(keys))
        assert set(keys[:6]) == {(i["contact"]["id"], i["other"]["id"]) for i in whole[:6]}


async def test_a_member_is_told_of_pairs_that_they_see_whole(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    assert await anna.patch(f"/api/teams/{anna.team_id}", {"settings": {"access": {"contacts": "own"}}}) == 200
    await make.contact(anna, name="Mara Lindqvist", **MARA)
    await make.contact(ben, name="Mara Lindqvist", **MARA)
    assert await pages(ben) == []
    await make.contact(ben, name="Mara Lindqvist")
    assert len(await pages(ben)) == 1
    assert len(await pages(anna)) == 3


async def test_merging_ends_it(make: Make):
    anna = await make.owner()
    kept, gone = await make.contact(anna, **MARA), await make.contact(anna, **MARA)
    assert len(await pages(anna)) >= 1
    assert await anna.post(f"/api/contacts/{kept['id']}/merge", {"from_id": gone["id"]}) == 200
    assert await pages(anna) == []


async def test_a_forged_cursor_is_refused(make: Make):
    anna = await make.owner()
    for cursor in ("x", "W10", "WyJrZXlzIiwxLDJd", "a" * 200):
        answer = await anna.get(f"/api/contacts/duplicates?cursor={cursor}")
        assert (answer.status, answer.wrong) == (422, {"cursor": "wrong_value"})
    assert (await anna.get("/api/contacts/duplicates?limit=0")).wrong == {"limit": "too_small"}
