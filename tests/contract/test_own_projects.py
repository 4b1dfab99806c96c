"""The wall inside a team: a member reaches nothing of a project that they are not on, by no endpoint and no id."""

from __future__ import annotations

import pytest

from server.core.permissions import Public
from server.core.routing import Route
from tests.contract.bodies import id_fields, refused_alike, sent
from tests.contract.nouns import body_noun, path_noun
from tests.contract.registries import API, is_read, name_of
from tests.contract.world import World

PRIVATE = [r for r in API if r.can is not Public]
HIDDEN = {"project", "task", "blocker", "other_task", "milestone", "comment", "checklist_item", "time_entry"}
BY_PATH = [
    pytest.param(route, name, id=f"{name_of(route)} {name}")
    for route in PRIVATE
    for name in route.path_params
    if path_noun(route, name) in HIDDEN
]


BY_BODY = [
    pytest.param(route, path, id=f"{name_of(route)} {path}")
    for route in PRIVATE
    for path in id_fields(route)
    if body_noun(route, path) in HIDDEN
]
READS = [r for r in PRIVATE if is_read(r)]
LISTS = [r for r in READS if r.wants_list and r.listing is not None]


def test_the_hidden_project_has_something_of_everything(ours: World):
    assert set(ours.hidden) >= HIDDEN


@pytest.mark.parametrize(("route", "name"), BY_PATH)
async def test_what_is_hidden_is_not_found(route: Route, name: str, ours: World):
    path = ours.path(route, ours.hidden, name)
    answer = await ours.member.ask(route.method, path, **sent(route, ours))
    # Beside a visible `id`, the lack of a permission may be told first.
    assert answer.status in ((404,) if name == "id" else (403, 404)), answer


@pytest.mark.parametrize(("route", "path"), BY_BODY)
async def test_what_is_hidden_cannot_be_named_in_a_body(route: Route, path: str, ours: World):
    await refused_alike(ours.member, route, path, ours, ours.hidden[body_noun(route, path)])


@pytest.mark.parametrize("route", READS, ids=name_of)
async def test_nothing_that_a_member_reads_names_what_is_hidden(route: Route, ours: World):
    answer = await ours.member.get(ours.path(route) + ("?limit=200" if route.wants_list else ""))
    assert answer.status in (200, 403, 404), answer
    text = answer.body.decode()
    assert [noun for noun, id in ours.hidden.items() if id in text] == []


@pytest.mark.parametrize("route", LISTS, ids=name_of)
async def test_a_filter_finds_nothing_hidden(route: Route, ours: World):
    assert route.listing is not None
    names = [n for n, found in route.listing.filters.items() if found.kind == "uuid" and body_noun(route, n) in HIDDEN]
    for name in names:
        answer = await ours.member.get(f"{ours.path(route)}?{name}={ours.hidden[body_noun(route, name)]}&total=true")
        assert answer.status in (200, 403), answer
        if answer == 200:
            assert answer.json == {"items": [], "next_cursor": None, "total": 0}


@pytest.mark.parametrize("kind", ["project", "projects"])
async def test_a_hidden_projects_room_cannot_be_joined(kind: str, ours: World, url: str):
    from tests.realtime.listener import Listener

    room = f"{kind}:{ours.hidden['project'] if kind == 'project' else ours.team_id}"
    listener = await Listener().connect(url, ours.member.token)
    try:
        assert await listener.join(room, after=0) == {"ok": False, "code": "not_found"}
    finally:
        await listener.close()
