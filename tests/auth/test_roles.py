"""A role is what it is now, whatever an issued token says."""

from __future__ import annotations

import uuid

import pytest

from tests.factories import Make
from tests.factories.people import Person


async def give_role(sql, person: Person, role: str) -> None:
    sql_text = "UPDATE member SET role = $2, role_version = role_version + 1 WHERE id = $1"
    await sql(sql_text, uuid.UUID(person.member_id), role)


async def test_a_lower_role_refuses_the_very_next_request(make: Make, sql):
    owner = await make.owner()
    manager = await make.member(owner, role="manager")
    project = await make.project(manager)
    await give_role(sql, manager, "member")
    refused = await manager.delete(f"/api/projects/{project['id']}")
    assert refused.status in (403, 404), refused
    assert (await owner.get(f"/api/projects/{project['id']}")) == 200
    assert (await manager.get("/api/auth/me")).json["role"] == "member"


async def test_a_lower_role_creates_nothing_more(make: Make, sql):
    owner = await make.owner()
    manager = await make.member(owner, role="manager")
    assert (await manager.post("/api/projects", {"name": "Before"})) == 201
    await give_role(sql, manager, "member")
    refused = await manager.post("/api/projects", {"name": "After"})
    assert (refused.status, refused.code, refused.json["permission"]) == (403, "permission_denied", "projects:write")


async def test_a_higher_role_acts_at_once_on_the_same_token(make: Make, sql):
    owner = await make.owner()
    member = await make.member(owner)
    assert (await member.post("/api/projects", {"name": "Too early"})) == 403
    await give_role(sql, member, "manager")
    assert (await member.post("/api/projects", {"name": "Now"})) == 201


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/auth/me"), ("POST", "/api/projects")])
async def test_who_has_left_is_let_in_nowhere(make: Make, sql, method: str, path: str):
    owner = await make.owner()
    member = await make.member(owner)
    assert (await member.get("/api/auth/me")) == 200
    await sql("UPDATE member SET left_at = now() WHERE id = $1", uuid.UUID(member.member_id))
    answer = await member.ask(method, path, json={"name": "x"} if method == "POST" else None)
    assert (answer.status, answer.code) == (401, "token_revoked")
