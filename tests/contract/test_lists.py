"""What is true of every list: pages walk all rows once, whatever the sort; forged cursors are refused."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import pytest

from server.core.filters import ORDERED, Filter
from server.core.routing import Route
from tests.contract.registries import API, name_of
from tests.contract.world import World
from tests.helpers.http import Client

LISTS = [r for r in API if r.wants_list]
SORTS = [
    pytest.param(route, f"{sign}{name}", id=f"{name_of(route)} {sign}{name}")
    for route in LISTS
    if route.listing is not None
    for name in route.listing.sorts
    for sign in ("", "-")
]
VALUES = {
    "uuid": "0199a3c1-6d52-7b10-8f4e-2f6d1c9be001",
    "text": "film",
    "int": "3",
    "numeric": "3.5",
    "date": "2026-11-21",
    "time": "2026-11-21T09:30:00Z",
    "bool": "true",
}


async def walked(client: Client, path: str, limit: int) -> list[dict[str, Any]]:
    """The items of all pages, in order."""
    found, cursor = [], ""
    for _ in range(500):
        answer = await client.get(f"{path}&limit={limit}{cursor}")
        assert answer == 200, answer
        assert len(answer.json["items"]) <= limit
        found += answer.json["items"]
        if answer.json["next_cursor"] is None:
            return found
        assert len(answer.json["items"]) == limit, "a page that is not the last is full"
        cursor = f"&cursor={quote(answer.json['next_cursor'])}"
    raise AssertionError("the pages do not end")


@pytest.mark.parametrize(("route", "sort"), SORTS)
async def test_pages_walk_every_row_once_in_the_order_of_one_page(route: Route, sort: str, ours: World):
    path = f"{ours.path(route)}?sort={sort}"
    whole = (await ours.owner.get(f"{path}&limit=200&total=true")).json
    assert whole["total"] == len(whole["items"]) >= 2, "too few rows to prove anything"
    assert await walked(ours.owner, path, 1) == whole["items"]
    assert await walked(ours.owner, path, 2) == whole["items"]


@pytest.mark.parametrize(("route", "sort"), SORTS)
async def test_a_sort_sorts_and_what_is_missing_comes_last(route: Route, sort: str, ours: World):
    items = (await ours.owner.get(f"{ours.path(route)}?sort={sort}&limit=200")).json["items"]
    name = sort.lstrip("-")
    values = [_comparable(item.get(name)) for item in items]
    if route.listing is None or route.listing.sorts[name].kind == "text" or _worded(values):
        return  # the database's own order of text, or an order that the words do not show (low, medium, high)
    there = [v for v in values if v is not None]
    assert values[: len(there)] == there, "missing ones are last"
    assert there == sorted(there, reverse=sort.startswith("-"))


def _comparable(value: Any) -> Any:
    """Amounts are decimal strings; times and dates sort as their text."""
    return float(value) if isinstance(value, str) and value.replace(".", "", 1).isdigit() else value


def _worded(values: list[Any]) -> bool:
    return any(isinstance(v, str) and not v[:1].isdigit() for v in values)


@pytest.mark.parametrize("route", LISTS, ids=name_of)
async def test_limits_and_unknown_sorts_are_refused(route: Route, ours: World):
    for query, field in (
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("total=yes", "total"),
        ("sort=nobody_knows_this", "sort"),
        ("sort=", "sort"),
        ("limit=1&limit=2", "limit"),
        ("nobody_knows_this[lt]=1", "nobody_knows_this[lt]"),
    ):
        answer = await ours.owner.get(f"{ours.path(route)}?{query}")
        assert (answer.status, list(answer.wrong)) == (422, [field]), answer


def forged(listing: Any) -> list[str]:
    def encode(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    default = listing.default
    # Any text is a place in an order of text; other kinds are checked.
    worded = listing.sorts[default.lstrip("-")].kind == "text"
    values = (
        [] if worded else [encode([default, "9" * 400, VALUES["uuid"]]), encode([default, "\u0001", VALUES["uuid"]])]
    )
    return [
        *values,
        "x",
        "%00",
        "a" * 5000,
        encode([]),
        encode({}),
        encode([default]),
        encode([default, "x"]),
        encode([default, "x", "y"]),
        encode([default, "2026-11-21T00:00:00Z", "' OR true --"]),
        encode([default, "2026-11-21T00:00:00Z", VALUES["uuid"], "more"]),
        encode(["nobody", "1", VALUES["uuid"]]),
        encode([default, 7, VALUES["uuid"]]),
        encode([default, "\u0000", VALUES["uuid"]]),
    ]


@pytest.mark.parametrize("route", LISTS, ids=name_of)
async def test_a_forged_cursor_is_refused(route: Route, ours: World):
    for cursor in forged(route.listing):
        answer = await ours.owner.get(f"{ours.path(route)}?cursor={cursor}")
        assert (answer.status, list(answer.wrong)) == (422, ["cursor"]), (cursor, answer)


@pytest.mark.parametrize("route", LISTS, ids=name_of)
async def test_a_cursor_of_another_sort_is_refused(route: Route, ours: World):
    assert route.listing is not None
    names = [f"{sign}{n}" for n in route.listing.sorts for sign in ("", "-")]
    answer = await ours.owner.get(f"{ours.path(route)}?sort={names[0]}&limit=1")
    cursor = quote(answer.json["next_cursor"])
    answer = await ours.owner.get(f"{ours.path(route)}?sort={names[1]}&cursor={cursor}")
    assert (answer.status, answer.wrong) == (422, {"cursor": "wrong_value"})


FILTERS = [
    pytest.param(route, name, found, id=f"{name_of(route)} {name}")
    for route in LISTS
    if route.listing is not None
    for name, found in route.listing.filters.items()
]


@pytest.mark.parametrize(("route", "name", "found"), FILTERS)
async def test_every_operator_of_a_filter_answers_and_wrong_values_are_refused(
    route: Route, name: str, found: Filter, ours: World
):
    path = ours.path(route)
    value = found.choices[0] if found.choices else VALUES[found.kind]
    for operator in found.operators:
        key = f"{name}[{operator}]" if operator else name
        given = "true" if operator == "null" else value
        assert (await ours.owner.get(f"{path}?{key}={quote(given)}")) == 200
        if found.kind != "text" or found.choices or operator == "null":
            answer = await ours.owner.get(f"{path}?{key}=~nonsense~")
            assert (answer.status, answer.wrong) == (422, {key: "wrong_value"})
    for operator in {"like", *ORDERED, "null"} - set(found.operators):
        answer = await ours.owner.get(f"{path}?{name}[{operator}]={quote(value)}")
        assert (answer.status, answer.wrong) == (422, {f"{name}[{operator}]": "unknown_operator"})


@pytest.mark.parametrize(("route", "name", "found"), FILTERS)
async def test_a_filter_and_its_opposite_share_the_rows(route: Route, name: str, found: Filter, ours: World):
    path = ours.path(route)
    value = found.choices[0] if found.choices else VALUES[found.kind]
    everything = (await ours.owner.get(f"{path}?total=true&limit=1")).json["total"]
    pairs = [(f"{name}={quote(value)}", f"{name}[ne]={quote(value)}")]
    if "null" in found.operators:
        pairs.append((f"{name}[null]=true", f"{name}[null]=false"))
    for one, other in pairs:
        totals = [(await ours.owner.get(f"{path}?{q}&total=true&limit=1")).json["total"] for q in (one, other)]
        assert sum(totals) == everything, (one, other)


async def test_every_wrong_parameter_is_named_at_once(ours: World):
    asked = "limit=0&sort=bogus&foo=1&due_at=xx&cursor=abc&priority=bad&total=maybe&created_at[like]=1"
    assert (await ours.owner.get(f"/api/tasks?{asked}")).wrong == {
        "limit": "wrong_value",
        "sort": "unknown_sort",
        "foo": "unknown_parameter",
        "due_at": "wrong_value",
        "cursor": "wrong_value",
        "priority": "wrong_value",
        "total": "wrong_value",
        "created_at[like]": "unknown_operator",
    }
    answer = await ours.owner.get(f"/api/contacts/{ours.ids['contact']}?include=nobody&foo=1")
    assert answer.wrong == {"include": "unknown_relation", "foo": "unknown_parameter"}
