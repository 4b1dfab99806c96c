"""The wall between teams, by every endpoint and every id: one team's token with another team's ids."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from server.core.permissions import Public
from server.core.routing import Route
from tests.contract.bodies import body_of, id_fields, refused_alike
from tests.contract.nouns import body_noun, path_noun
from tests.contract.registries import API, is_read, name_of
from tests.contract.world import World
from tests.helpers.databases import Sql

PRIVATE = [r for r in API if r.can is not Public]
BY_PATH = [
    pytest.param(route, name, id=f"{name_of(route)} {name}")
    for route in PRIVATE
    for name in route.path_params
    if name != "number"
]
BY_BODY = [pytest.param(route, path, id=f"{name_of(route)} {path}") for route in PRIVATE for path in id_fields(route)]
LISTS = [r for r in PRIVATE if r.wants_list and r.listing is not None]
BY_FILTER = [
    pytest.param(route, name, id=f"{name_of(route)} {name}")
    for route in LISTS
    if route.listing is not None
    for name, found in route.listing.filters.items()
    if found.kind == "uuid"
]
ROOMS = (
    "team",
    "member",
    "project",
    "projects",
    "contacts",
    "companies",
    "leads",
    "consultants",
    "contracts",
    "proposals",
    "proposal",
)

CHECKSUM = """
SELECT string_agg(md5(x.row), '' ORDER BY x.row) AS sum FROM (
    SELECT t::text AS row FROM {table} t WHERE t.team_id = $1::text::uuid
) x
"""


@pytest.fixture(scope="session")
async def unchanged(theirs: World, sql: Sql):
    """A function that says whether the other team's rows are what they were at the start."""
    tables = await sql(
        "SELECT DISTINCT table_name AS name FROM information_schema.columns WHERE column_name = 'team_id' "
        "AND table_schema = 'public' AND table_name <> 'auth_session' ORDER BY 1"
    )
    parts = [f"SELECT '{t['name']}' AS name, ({CHECKSUM.format(table=t['name'])}) AS sum" for t in tables]
    parts.append("SELECT 'team', md5(t::text) FROM team t WHERE id = $1::text::uuid")
    whole = " UNION ALL ".join(parts)

    async def sums() -> dict[str, Any]:
        return {r["name"]: r["sum"] for r in await sql(whole, theirs.team_id)}

    before = await sums()

    async def check() -> None:
        assert await sums() == before

    return check


@pytest.mark.parametrize(("route", "name"), BY_PATH)
async def test_another_teams_id_in_the_path_is_not_found(
    route: Route, name: str, ours: World, theirs: World, unchanged
):
    body = body_of(route, ours)
    for client in (ours.owner, ours.member):
        answer = await client.ask(route.method, ours.path(route, theirs.ids, name), json=body)
        refused = (404, 403) if client is ours.member and name != "id" else (404,)
        assert answer.status in refused, answer
        assert theirs.ids[path_noun(route, name)] not in answer.body.decode()
    await unchanged()


@pytest.mark.parametrize(("route", "path"), BY_BODY)
async def test_another_teams_id_in_the_body_is_refused(route: Route, path: str, ours: World, theirs: World, unchanged):
    noun = body_noun(route, path)
    await refused_alike(ours.owner, route, path, ours, theirs.ids[noun])
    await unchanged()


@pytest.mark.parametrize(("route", "name"), BY_FILTER)
async def test_another_teams_id_in_a_filter_finds_nothing(
    route: Route, name: str, ours: World, theirs: World, unchanged
):
    noun = body_noun(route, name)
    answer = await ours.owner.get(f"{ours.path(route)}?{name}={theirs.ids[noun]}&total=true")
    assert (answer.status, answer.json) == (200, {"items": [], "next_cursor": None, "total": 0})
    await unchanged()


@pytest.mark.parametrize("route", LISTS, ids=name_of)
async def test_another_teams_cursor_and_words_show_nothing_of_it(route: Route, ours: World, theirs: World):
    foreign = (await theirs.owner.get(f"{theirs.path(route)}?limit=1")).json
    cursor = foreign["next_cursor"]
    assert cursor is not None, "too few rows to prove anything"
    known = {i["id"] for i in (await ours.owner.get(f"{ours.path(route)}?limit=200")).json["items"]}
    answer = await ours.owner.get(f"{ours.path(route)}?cursor={quote(cursor)}&limit=200")
    assert {i["id"] for i in answer.json["items"]} <= known
    if route.listing is not None and route.listing.searchable:
        item = foreign["items"][0]
        words = quote(str(item.get("title") or item.get("name") or item.get("body")))
        answer = await ours.owner.get(f"{ours.path(route)}?q={words}&limit=200")
        assert {i["id"] for i in answer.json["items"]} <= known


@pytest.mark.parametrize("route", [r for r in PRIVATE if r.method == "GET" and r.includes], ids=name_of)
async def test_what_is_expanded_is_of_the_own_team(route: Route, ours: World, theirs: World):
    answer = await ours.owner.get(f"{ours.path(route)}?include={','.join(route.includes)}")
    assert answer == 200
    for id in theirs.ids.values():
        assert id not in answer.body.decode()


@pytest.mark.parametrize("route", [r for r in PRIVATE if is_read(r)], ids=name_of)
async def test_nothing_that_is_read_names_anything_of_another_team(route: Route, ours: World, theirs: World):
    answer = await ours.owner.get(ours.path(route))
    assert answer == 200, answer
    text = answer.body.decode()
    foreign = [v for k, v in theirs.ids.items() if k != "team_name"] + [theirs.owner.id, theirs.owner.user["email"]]
    assert [id for id in foreign if id in text] == []


@pytest.mark.parametrize("kind", ROOMS)
async def test_another_teams_rooms_cannot_be_joined(kind: str, ours: World, theirs: World, url: str):
    from tests.realtime.listener import Listener

    ids = {"member": theirs.owner.member_id, "project": theirs.ids["project"], "proposal": theirs.ids["proposal"]}
    room = f"{kind}:{ids.get(kind, theirs.team_id)}"
    listener = await Listener().connect(url, ours.owner.token)
    try:
        assert await listener.join(room, after=0) == {"ok": False, "code": "not_found"}
        nobodys = f"{kind}:0199a3c1-6d52-7b10-8f4e-2f6d1c9be001"
        assert await listener.join(nobodys, after=0) == {"ok": False, "code": "not_found"}
        assert await listener.ask("presence", room=room) == {"ok": False, "code": "not_found"}
        assert await listener.ask("typing", room=room) == {"ok": False, "code": "not_found"}
    finally:
        await listener.close()


def test_every_kind_of_room_is_tried():
    from realtime.rooms import _kinds

    ours = {kind for kind, may_read in _kinds.items() if not may_read.__module__.startswith("tests.")}
    # A portal's rooms are for holders of links, of which there are none yet.
    assert ours == {*ROOMS, "portal"}
