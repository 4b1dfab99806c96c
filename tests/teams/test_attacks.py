"""Teams against people who are quick, curious or angry."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest

from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Answer, Client
from tests.helpers.letters import mailed_token

ROUNDS = 5
JOIN = "INSERT INTO member (id, team_id, user_id, role) VALUES ($1, $2, $3, 'member')"
LET_GO = """
UPDATE member SET left_at = now(), role_version = role_version + 1 WHERE team_id = $1 AND user_id = $2
"""
LEFT = "SELECT left_at FROM member WHERE team_id = $1 AND user_id = $2"


async def owners(sql: Any, team_id: str) -> int:
    rows = await sql(
        "SELECT 1 FROM member WHERE team_id = $1 AND role = 'owner' AND left_at IS NULL", uuid.UUID(team_id)
    )
    return len(rows)


def login_of(person: Person) -> dict[str, str]:
    return {"email": person.user["email"], "password": PASSWORD}


def team(person: Person, path: str = "") -> str:
    return f"/api/teams/{person.team_id}{path}"


async def give(by: Person, to: Person, role: str) -> Answer:
    return await by.patch(team(by, f"/members/{to.id}/role"), {"role": role})


async def invited(sql: Any, by: Person, email: str, role: str = "member") -> str:
    answer = await by.post(team(by, "/invite"), {"email": email, "role": role})
    assert answer == 201, answer
    return await mailed_token(sql, email, "teams/invitation")


def new_address() -> str:
    return f"{uuid.uuid4().hex}@example.com"


# ---- the last owner ----


async def test_the_last_owner_stays_owner(make: Make):
    owner = await make.owner()
    await make.member(owner, role="admin")
    refused = [
        await owner.post(team(owner, "/leave")),
        await owner.delete(team(owner, f"/members/{owner.id}")),
        await give(owner, owner, "admin"),
    ]
    assert [(a.status, a.code) for a in refused] == [(409, "last_owner")] * 3


async def test_of_two_owners_who_leave_at_once_one_stays(make: Make, sql):
    for _ in range(ROUNDS):
        ann = await make.owner()
        bob = await make.member(ann, role="owner")
        answers = await asyncio.gather(ann.post(team(ann, "/leave")), bob.post(team(ann, "/leave")))
        assert sorted(a.status for a in answers) == [204, 409]
        assert await owners(sql, ann.team_id) == 1


async def test_of_two_owners_who_demote_each_other_one_stays(make: Make, sql):
    for _ in range(ROUNDS):
        ann = await make.owner()
        bob = await make.member(ann, role="owner")
        answers = await asyncio.gather(give(ann, bob, "member"), give(bob, ann, "member"))
        assert sorted(a.status for a in answers) == [200, 403]
        assert await owners(sql, ann.team_id) == 1


async def test_three_owners_at_odds_leave_the_team_an_owner(make: Make, sql):
    for _ in range(ROUNDS):
        ann = await make.owner()
        bob, cy = await make.member(ann, role="owner"), await make.member(ann, role="owner")
        answers = await asyncio.gather(
            ann.delete(team(ann, f"/members/{bob.id}")),
            bob.delete(team(ann, f"/members/{cy.id}")),
            cy.delete(team(ann, f"/members/{ann.id}")),
            ann.post(team(ann, "/leave")),
            give(bob, bob, "manager"),
            cy.post(team(ann, "/leave")),
        )
        assert {a.status for a in answers} <= {200, 204, 401, 403, 404, 409}
        assert await owners(sql, ann.team_id) >= 1


# ---- roles ----


async def test_nobody_gives_or_takes_what_is_above_them(make: Make):
    owner = await make.owner()
    admin, other = await make.member(owner, role="admin"), await make.member(owner, role="manager")
    refused = [
        await give(admin, admin, "owner"),
        await give(admin, other, "owner"),
        await give(admin, owner, "member"),
        await admin.delete(team(owner, f"/members/{owner.id}")),
        await admin.post(team(owner, "/invite"), {"email": new_address(), "role": "owner"}),
        await admin.post(team(owner, "/transfer"), {"user_id": admin.id}),
        await admin.delete(team(owner), json={"confirm": owner.team["name"]}),
        await give(other, other, "admin"),
        await other.post(team(owner, "/invite"), {"email": new_address(), "role": "member"}),
    ]
    assert [(a.status, a.code) for a in refused] == [(403, "permission_denied")] * len(refused)


async def test_a_removed_member_is_out_at_once_and_keeps_their_own_team(make: Make, anyone: Client):
    owner = await make.owner()
    member = await make.member(owner)
    assert await owner.delete(team(owner, f"/members/{member.id}")) == 204
    answer = await member.get("/api/projects")
    assert (answer.status, answer.code) == (401, "token_revoked")
    renewed = await anyone.post("/api/auth/refresh", {"refresh_token": member.refresh_token})
    assert renewed == 200
    assert renewed.json["team"]["id"] != owner.team_id
    assert await anyone.holding(renewed.json["access_token"]).get(team(owner)) == 404


async def test_who_is_let_go_meanwhile_does_not_act_in_their_other_team(
    make: Make, sql, anyone: Client, database_url: str
):
    owner = await make.owner()
    there = await make.member(owner, role="admin")
    bob = await make.member(owner)
    # The admin has a team of their own, with the same colleague, and holds a token of that one.
    own = Person.of(anyone, (await anyone.post("/api/auth/login", login_of(there))).json)
    assert own.team_id != owner.team_id
    await sql(JOIN, uuid.uuid4(), uuid.UUID(own.team_id), uuid.UUID(bob.id))
    conn = await asyncpg.connect(database_url)
    letting_go = conn.transaction()
    await letting_go.start()
    await conn.execute("SET LOCAL ROLE mediaflow_system")
    await conn.execute(LET_GO, uuid.UUID(owner.team_id), uuid.UUID(there.id))
    removing = asyncio.create_task(own.delete(team(owner, f"/members/{bob.id}")))
    await asyncio.wait([removing], timeout=0.5)
    assert not removing.done()
    await letting_go.commit()
    await conn.close()
    assert await removing == 404
    for team_id in (own.team_id, owner.team_id):
        [row] = await sql(LEFT, uuid.UUID(team_id), uuid.UUID(bob.id))
        assert row["left_at"] is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine now"}),
        ("DELETE", "", {"confirm": "x"}),
        ("GET", "/members", None),
        ("GET", "/invitations", None),
        ("POST", "/invite", {"email": "a@example.com", "role": "member"}),
        ("POST", "/leave", {}),
        ("POST", "/switch", {}),
    ],
)
async def test_another_team_cannot_be_told_from_none(make: Make, method: str, path: str, body: Any):
    owner, stranger = await make.owner(), await make.owner()
    there = await stranger.ask(method, team(owner, path), json=body)
    nowhere = await stranger.ask(method, f"/api/teams/{uuid.uuid4()}{path}", json=body)
    assert (there.status, there.code) == (nowhere.status, nowhere.code) == (404, "not_found")
    assert there.json["detail"] == nowhere.json["detail"]


# ---- invitations ----


async def test_an_invitation_is_used_once_whoever_is_quick(make: Make, anyone: Client, sql):
    owner, email = await make.owner(), new_address()
    body = {"token": await invited(sql, owner, email), "name": "New", "password": PASSWORD}
    answers = await asyncio.gather(*(anyone.post("/api/auth/accept-invite", body) for _ in range(4)))
    assert sorted(a.status for a in answers)[0] == 200
    assert [a.status for a in answers].count(200) == 1
    assert {a.status for a in answers} <= {200, 401, 409, 422}
    [joined] = [a.json for a in answers if a == 200]
    assert set(joined) == {"access_token", "expires_in", "refresh_token", "user", "team"}
    assert joined["team"]["id"] == owner.team_id
    assert joined["user"]["email_verified"] is True


async def test_an_invitation_to_an_account_takes_that_account(make: Make, anyone: Client, sql):
    owner, invitee, thief = await make.owner(), await make.owner(), await make.owner()
    body = {"token": await invited(sql, owner, invitee.user["email"])}
    assert (await anyone.post("/api/auth/accept-invite", body)).wrong == {"password": "required"}
    assert (await thief.post("/api/auth/accept-invite", body)).wrong == {"password": "required"}
    wrong = await thief.post("/api/auth/accept-invite", body | {"password": "not this one"})
    assert (wrong.status, wrong.code) == (401, "credentials_wrong")
    assert (await invitee.post("/api/auth/accept-invite", body)).json["team"]["id"] == owner.team_id


async def test_accepting_shows_no_script_the_token_in_the_cookie(make: Make, anyone: Client, sql):
    owner, invitee = await make.owner(), await make.owner()
    body = {"email": invitee.user["email"], "password": PASSWORD}
    page = await anyone.post("/api/auth/login", body, headers={"X-Session": "cookie"})
    token = await invited(sql, owner, invitee.user["email"])
    joined = await anyone.holding(page.json["access_token"]).post("/api/auth/accept-invite", {"token": token})
    assert joined == 200
    assert "refresh_token" not in joined.json
    assert "HttpOnly" in joined.headers["Set-Cookie"]


async def test_withdrawn_and_resent_invitations_void_their_links(make: Make, anyone: Client, sql):
    owner, email = await make.owner(), new_address()
    first = await invited(sql, owner, email)
    [open_] = (await owner.get(team(owner, "/invitations"))).json["items"]
    assert await owner.post(team(owner, f"/invitations/{open_['id']}/resend")) == 200
    second = await mailed_token(sql, email, "teams/invitation")
    body = {"name": "New", "password": PASSWORD}
    assert (await anyone.post("/api/auth/accept-invite", body | {"token": first})).wrong == {"token": "token_invalid"}
    assert await owner.delete(team(owner, f"/invitations/{open_['id']}")) == 204
    assert (await anyone.post("/api/auth/accept-invite", body | {"token": second})).wrong == {"token": "token_invalid"}


async def test_who_lost_the_right_to_invite_has_invited_nobody(make: Make, anyone: Client, sql):
    owner, email = await make.owner(), new_address()
    admin = await make.member(owner, role="admin")
    token = await invited(sql, admin, email, role="admin")
    assert await give(owner, admin, "member") == 200
    answer = await anyone.post("/api/auth/accept-invite", {"token": token, "name": "New", "password": PASSWORD})
    assert answer.wrong == {"token": "token_invalid"}


async def test_an_unconfirmed_address_invites_nobody_and_a_confirmed_one_at_once(make: Make, anyone: Client, sql):
    owner = await make.owner(verified=False)
    body = {"email": new_address(), "role": "member"}
    refused = await owner.post(team(owner, "/invite"), body)
    assert (refused.status, refused.code) == (403, "email_unverified")
    token = await mailed_token(sql, owner.user["email"], "auth/verify")
    assert await anyone.post("/api/auth/verify-email", {"token": token}) == 204
    assert await owner.post(team(owner, "/invite"), body) == 201
