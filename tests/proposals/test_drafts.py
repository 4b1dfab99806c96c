"""Drafts: their fields, sections, recipients, and items that always come to the totals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import Make

FILM = {"description": "Film", "quantity": "2", "unit": "day", "unit_price": "950.00", "tax_rate": "19"}


async def test_a_proposal_is_written_whole(make: Make):
    anna = await make.owner()
    contact = await make.contact(anna, name="Ida Holm")
    made = await make.proposal(
        anna,
        FILM,
        title="Brand film",
        client_id=contact["id"],
        sections=[{"title": "Why", "body": "*Because*"}, {"key": "what", "kind": "cover", "position": 0}],
        recipients=[
            {"name": "Ida", "email": "Ida@Holm.example"},
            {"name": "Per", "email": "p@x.example", "role": "viewer"},
        ],
        deposit_percent="30",
        discount="100.00",
    )
    assert (made["status"], made["number"], made["version_number"], made["currency"]) == ("draft", None, 1, "EUR")
    assert [(s["key"], s["position"]) for s in made["sections"]] == [("s1", 0), ("what", 1)]
    assert [(r["email"], r["role"], r["position"]) for r in made["recipients"]] == [
        ("ida@holm.example", "signer", 0),
        ("p@x.example", "viewer", 1),
    ]
    assert made["totals"] == {
        "subtotal": "1900.00",
        "discount": "100.00",
        "tax": "342.00",
        "total": "2142.00",
        "deposit": "642.60",
        "recurring": {"monthly": "0.00", "yearly": "0.00"},
    }
    path = f"/api/proposals/{made['id']}"
    shown = (await anna.get(f"{path}?include=items")).json
    [item] = shown.pop("items")
    assert shown == made
    assert item["amounts"] == {"net": "1800.00", "tax": "342.00", "gross": "2142.00", "discount": "100.00"}
    assert (await anna.get(f"{path}/items")).json == {"items": [item]}
    told = [e["type"] for e in await make.logged(f"proposal:{made['id']}")]
    assert told == ["proposal.created", "proposal.updated"]


async def test_items_are_added_changed_moved_and_removed(make: Make):
    anna = await make.owner()
    path = f"/api/proposals/{(await make.proposal(anna))['id']}"
    ids = {}
    for name, more in (("a", {}), ("b", {"position": 0}), ("c", {"unit_price": "-50", "quantity": "1"})):
        answer = await anna.post(f"{path}/items", FILM | {"description": name} | more)
        assert answer == 201, answer
        ids[name] = answer.json["id"]

    async def order() -> str:
        found = (await anna.get(f"{path}/items")).json["items"]
        assert [i["position"] for i in found] == list(range(len(found)))
        return "".join(i["description"] for i in found)

    assert await order() == "bac"
    assert (await anna.get(path)).json["totals"]["total"] == "4462.50"
    changed = await anna.patch(f"{path}/items/{ids['a']}", {"quantity": "1.5", "position": 2})
    assert (changed.json["quantity"], changed.json["amounts"]["net"], changed.json["version"]) == ("1.5", "1425.00", 2)
    assert await order() == "bca"
    again = await anna.patch(f"{path}/items/{ids['a']}", {"quantity": "1.5"})
    assert again.json == changed.json
    swapped = await anna.patch(f"{path}/items/reorder", {"item_ids": [ids["c"], ids["b"], ids["a"]]})
    assert [i["description"] for i in swapped.json["items"]] == ["c", "b", "a"]
    short = await anna.patch(f"{path}/items/reorder", {"item_ids": [ids["c"]]})
    assert (short.status, short.wrong) == (422, {"item_ids": "not_the_items"})
    stale = await anna.delete(f"{path}/items/{ids['a']}", headers={"If-Match": '"1"'})
    assert stale == 412
    assert await anna.delete(f"{path}/items/{ids['a']}") == 204
    assert await order() == "cb"
    other = await make.proposal(anna)
    assert await anna.patch(f"/api/proposals/{other['id']}/items/{ids['b']}", {"unit": "hour"}) == 404
    told = [e["type"] for e in await make.logged(f"proposal:{path.rpartition('/')[2]}")]
    assert told.count("proposal_item.created") == 3
    assert [told.count(f"proposal_item.{verb}") for verb in ("updated", "deleted")] == [1, 1]


async def test_one_of_a_group_is_chosen_and_options_count_when_they_are(make: Make):
    anna = await make.owner()
    choice = {"kind": "choice", "choice_group": "camera", "unit_price": "100"}
    made = await make.proposal(
        anna,
        {"description": "small", **choice},
        {"description": "big", **choice | {"unit_price": "300"}},
        {"description": "drone", "unit_price": "50", "kind": "optional"},
        {"description": "care", "unit_price": "9.99", "recurring": "monthly"},
    )
    path = f"/api/proposals/{made['id']}"
    assert (made["totals"]["total"], made["totals"]["recurring"]["monthly"]) == ("100.00", "9.99")
    small, big, drone, _ = (await anna.get(f"{path}/items")).json["items"]
    assert (small["selected"], big["selected"], drone["selected"]) == (True, False, False)
    assert (await anna.patch(f"{path}/items/{big['id']}", {"selected": True})).json["selected"] is True
    assert (await anna.patch(f"{path}/items/{drone['id']}", {"selected": True})) == 200
    shown = (await anna.get(f"{path}?include=items")).json
    assert [i["selected"] for i in shown["items"]] == [False, True, True, True]
    assert shown["totals"]["total"] == "350.00"
    assert await anna.delete(f"{path}/items/{big['id']}") == 204
    assert (await anna.get(path)).json["totals"]["total"] == "150.00"
    lone = await anna.post(f"{path}/items", {"description": "x", "unit_price": "1", "kind": "choice"})
    assert lone == 422


@pytest.mark.parametrize(
    ("currency", "price", "total"), [("JPY", "333.5", "334"), ("KWD", "1.2345", "1.235"), ("EUR", "0", "0.00")]
)
async def test_amounts_have_the_places_of_their_currency(make: Make, currency: str, price: str, total: str):
    anna = await make.owner()
    made = await make.proposal(anna, {"description": "x", "unit_price": price}, currency=currency)
    assert made["totals"]["total"] == total


async def test_another_currency_or_tax_mode_is_reckoned_anew(make: Make):
    anna = await make.owner()
    made = await make.proposal(anna, FILM, discount="100.00")
    path = f"/api/proposals/{made['id']}"
    inclusive = (await anna.patch(path, {"tax_mode": "inclusive"})).json
    assert inclusive["totals"] | {"recurring": {}} == {
        "subtotal": "1596.64",
        "discount": "84.03",
        "tax": "287.39",
        "total": "1800.00",
        "deposit": "0.00",
        "recurring": {},
    }
    yen = (await anna.patch(path, {"currency": "JPY"})).json
    assert (yen["discount"], yen["totals"]["total"]) == ("100", "1800")
    assert (await anna.patch(path, {"discount": "1.50"})).wrong == {"discount": "wrong_amount"}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"quantity": "0"}, {"items[0].quantity": "not_positive"}),
        ({"quantity": 2}, {"items[0].quantity": "not_a_decimal"}),
        ({"unit_price": "1e3"}, {"items[0].unit_price": "not_a_decimal"}),
        ({"discount_percent": "101"}, {"items[0].discount_percent": "too_large"}),
        ({"quantity": "999999999", "unit_price": "999999999999"}, {"unit_price": "too_large"}),
    ],
)
async def test_what_cannot_be_reckoned_is_refused(make: Make, fields: dict[str, Any], wrong: dict[str, str]):
    anna = await make.owner()
    answer = await anna.post("/api/proposals", {"title": "x", "items": [FILM | fields]})
    assert (answer.status, answer.wrong) == (422, wrong)


async def test_five_hundred_items_are_one_exact_sum(make: Make):
    anna = await make.owner()
    items = [{"description": f"Item {n}", "quantity": "0.333333", "unit_price": "0.05"} for n in range(500)]
    made = await make.proposal(anna, *items, discount="0.07")
    found = (await anna.get(f"/api/proposals/{made['id']}/items")).json["items"]
    assert (len(found), made["totals"]["total"]) == (500, "9.93")
    assert sum(round(float(i["amounts"]["gross"]) * 100) for i in found) == 993


async def test_a_copy_is_a_draft_of_its_own(make: Make):
    anna = await make.owner()
    made = await make.proposal(
        anna, FILM, sections=[{"title": "Why"}], recipients=[{"name": "I", "email": "i@x.example"}]
    )
    copy = (await anna.post(f"/api/proposals/{made['id']}/duplicate")).json
    assert (copy["title"], copy["totals"], copy["sections"]) == (
        f"{made['title']} (copy)",
        made["totals"],
        made["sections"],
    )
    assert copy["recipients"][0]["id"] != made["recipients"][0]["id"]
    assert await anna.delete(f"/api/proposals/{made['id']}") == 204
    assert await anna.get(f"/api/proposals/{copy['id']}/items") == 200


async def test_members_have_no_part_in_proposals(make: Make):
    anna = await make.owner()
    ben, carl = await make.member(anna), await make.member(anna, "manager")
    made = await make.proposal(anna)
    assert (await ben.get(f"/api/proposals/{made['id']}")) == 403
    assert (await ben.get("/api/proposals")) == 403
    assert (await carl.patch(f"/api/proposals/{made['id']}", {"title": "Ours"})) == 200


async def test_a_list_is_searched_and_filtered(make: Make):
    anna = await make.owner()
    made = await make.proposal(anna, FILM, title="Harbour documentary")
    await make.proposal(anna, title="Trailer")
    for query in ("q=harbour", "title=Harbour documentary", "status=draft&sort=title&limit=1"):
        found = (await anna.get(f"/api/proposals?{query}&include=items")).json["items"]
        assert [(p["id"], len(p["items"])) for p in found] == [(made["id"], 1)], query
