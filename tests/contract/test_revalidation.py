"""Conditional reads are honest: 304 only where the record looks as it did, whoever changed what it is computed from."""

from __future__ import annotations

from typing import Any

from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.http import Answer


async def held(person: Person, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The record, and the header that asks whether it is still the same."""
    answer = await person.get(path)
    assert answer == 200, answer
    assert answer.headers["ETag"] == f'"{answer.json["version"]}"'
    return answer.json, {"If-None-Match": answer.headers["ETag"]}


async def ask(person: Person, path: str, asking: dict[str, str]) -> Answer:
    return await person.get(path, headers=asking)


async def test_progress_is_sent_anew_under_the_same_version(make: Make):
    anna = await make.owner()
    project = await make.project(anna)
    path = f"/api/projects/{project['id']}"
    before, asking = await held(anna, path)
    assert await ask(anna, path, asking) == 304
    task = await make.task(anna, project)
    assert await anna.patch(f"/api/tasks/{task['id']}/complete") == 200
    after = await ask(anna, path, asking)
    assert (after.status, after.json) == (200, before | {"progress": 100})
    assert await anna.patch(path, {"color": "#112233"}, headers={"If-Match": asking["If-None-Match"]}) == 200
    changed, asking = await held(anna, path)
    assert (changed["progress"], changed["version"]) == (100, before["version"] + 1)
    assert await ask(anna, path, asking) == 304
    assert await anna.delete(f"/api/tasks/{task['id']}") == 204
    gone = await ask(anna, path, asking)
    assert (gone.status, gone.json) == (200, changed | {"progress": 0})


async def test_what_is_included_is_sent_anew(make: Make):
    anna = await make.owner()
    path = f"/api/projects/{(await make.project(anna))['id']}?include=members"
    _, asking = await held(anna, path)
    assert await anna.patch("/api/auth/me", {"name": "Annabel"}) == 200
    renamed = await ask(anna, path, asking)
    assert [m["name"] for m in renamed.json["members"]] == ["Annabel"]


async def test_values_of_a_removed_field_go_under_the_same_version(make: Make):
    anna = await make.owner()
    field = await anna.post("/api/settings/custom-fields", {"entity": "task", "label": "Mood", "type": "text"})
    assert field == 201, field
    plain, moody = await make.task(anna), await make.task(anna, custom={"mood": "blue"})
    plain_path, path = f"/api/tasks/{plain['id']}", f"/api/tasks/{moody['id']}"
    (_, asking_plain), (before, asking) = await held(anna, plain_path), await held(anna, path)
    assert await anna.delete(f"/api/settings/custom-fields/{field.json['id']}") == 204
    after = await ask(anna, path, asking)
    assert (after.status, after.json) == (200, before | {"custom": {}})
    assert await ask(anna, plain_path, asking_plain) == 304


async def test_a_role_is_sent_anew_under_the_accounts_version(make: Make):
    anna = await make.owner()
    ben = await make.member(anna)
    before, asking = await held(ben, "/api/auth/me")
    assert await anna.patch(f"/api/teams/{anna.team_id}/members/{ben.id}/role", {"role": "manager"}) == 200
    after = await ask(ben, "/api/auth/me", asking)
    assert (after.status, after.json["role"], after.json["version"]) == (200, "manager", before["version"])
