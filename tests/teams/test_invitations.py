"""Invitations from the mail to the membership."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from pyotp.totp import TOTP

from server.core.seal import unseal
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Answer

ACCEPT = "/api/auth/accept-invite"


def address() -> str:
    return f"guest-{uuid.uuid4().hex[:10]}@example.com"


@pytest.fixture
def letters(make: Make) -> Callable[[str], Awaitable[list[dict[str, Any]]]]:
    """The invitation letters to an address, oldest first."""

    async def read(to: str) -> list[dict[str, Any]]:
        rows = await make.sql(
            "SELECT args FROM job WHERE kind = 'send_mail' AND args ? 'sealed' ORDER BY created_at, id"
        )
        found = [msgspec.json.decode(unseal("send_mail", msgspec.json.decode(r["args"])["sealed"])) for r in rows]
        return [letter for letter in found if letter["to"] == to and letter["template"] == "teams/invitation"]

    return read


async def invite(owner: Person, email: str, role: str = "member") -> dict[str, Any]:
    answer = await owner.post(f"/api/teams/{owner.team_id}/invite", {"email": email, "role": role})
    assert answer == 201, answer
    return answer.json


@pytest.fixture
def token(letters: Any) -> Callable[[str], Awaitable[str]]:
    """The token in the last letter to an address."""

    async def read(to: str) -> str:
        return (await letters(to))[-1]["context"]["link"].partition("token=")[2]

    return read


async def accept(make: Make, token: str, **body: Any) -> Answer:
    return await make.anyone.post(ACCEPT, {"token": token} | body)


async def test_an_invitation_is_mailed_listed_and_told_to_those_who_may_invite(make: Make, letters: Any):
    anna = await make.owner(name="Anna", team_name="Studio North")
    ben, cem = await make.member(anna, role="admin"), await make.member(anna)
    email = address()
    answer = await anna.post(f"/api/teams/{anna.team_id}/invite", {"email": email.upper(), "role": "manager"})
    assert answer == 201, answer
    made = answer.json
    assert answer.headers["Location"] == f"/api/teams/{anna.team_id}/invitations/{made['id']}"
    assert made == {
        "id": made["id"],
        "version": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "email": email,
        "role": "manager",
        "invited_by": {"id": anna.id, "name": "Anna", "email": anna.user["email"], "avatar_url": None},
        "sent_at": made["sent_at"],
        "expires_at": made["expires_at"],
    }
    [letter] = await letters(email)
    link = letter["context"].pop("link")
    assert letter["context"] == {"team": "Studio North", "inviter": "Anna", "role": "manager"}
    assert link.startswith("https://mediaflow.test/accept-invite?token=")
    listed = await ben.get(f"/api/teams/{anna.team_id}/invitations")
    assert listed.json == {"items": [made], "next_cursor": None}
    assert [len(await make.heard(p, "invitation.sent")) for p in (anna, ben, cem)] == [1, 1, 0]


async def test_a_new_person_joins_with_name_and_password(make: Make, token: Any):
    anna = await make.owner()
    email = address()
    await invite(anna, email, "manager")
    missing = await accept(make, await token(email))
    assert (missing.status, missing.wrong) == (422, {"name": "required", "password": "required"})
    short = await accept(make, await token(email), name="Gus", password="short")
    assert short.wrong == {"password": "too_short"}
    answer = await accept(make, await token(email), name="Gus", password=PASSWORD)
    assert answer == 200, answer
    gus = Person.of(make.anyone, answer.json)
    assert (gus.user["email"], gus.user["email_verified"], gus.team["id"]) == (email, True, anna.team_id)
    me = (await gus.get("/api/auth/me")).json
    assert (me["role"], me["name"]) == ("manager", "Gus")
    [told] = await make.told(anna.team_id, "member.joined")
    assert (told["actor"]["name"], told["data"]["user"]["email"], told["detail"]) == (
        "Gus",
        email,
        {"user_id": gus.id, "name": "Gus", "role": "manager"},
    )
    assert (await make.anyone.post("/api/auth/login", {"email": email, "password": PASSWORD})) == 200
    assert (await anna.get(f"/api/teams/{anna.team_id}/invitations")).json["items"] == []
    again = await accept(make, await token(email), name="Gus", password=PASSWORD)
    assert (again.status, again.wrong) == (422, {"token": "token_invalid"})


async def test_an_account_joins_with_its_password_only(make: Make, token: Any):
    anna, zoe = await make.owner(), await make.owner(verified=False)
    await invite(anna, zoe.user["email"])
    mailed = await token(zoe.user["email"])
    assert (await accept(make, mailed)).wrong == {"password": "required"}
    wrong = await accept(make, mailed, name="Not Zoe", password="another password")
    assert (wrong.status, wrong.code) == (401, "credentials_wrong")
    answer = await accept(make, mailed, name="Ignored", password=PASSWORD)
    assert answer == 200, answer
    assert answer.json["team"]["id"] == anna.team_id
    assert (answer.json["user"]["name"], answer.json["user"]["email_verified"]) == (zoe.user["name"], True)
    assert (await zoe.get("/api/auth/me")).json["email_verified"] is True
    assert len((await zoe.get("/api/teams")).json["items"]) == 2


async def test_who_is_signed_in_needs_no_password_and_nobody_else_can_use_it(make: Make, token: Any):
    anna, zoe, eve = await make.owner(), await make.owner(), await make.owner()
    await invite(anna, zoe.user["email"])
    mailed = await token(zoe.user["email"])
    assert (await eve.post(ACCEPT, {"token": mailed})).wrong == {"password": "required"}
    answer = await zoe.post(ACCEPT, {"token": mailed})
    assert answer == 200, answer
    assert answer.json["team"]["id"] == anna.team_id
    sessions = await make.sql("SELECT 1 FROM auth_session WHERE user_id = $1", uuid.UUID(zoe.id))
    assert len(sessions) == 1


async def test_the_second_factor_is_asked_for_here_too(make: Make, token: Any):
    anna, zoe = await make.owner(), await make.owner()
    secret = (await zoe.post("/api/settings/2fa/enable")).json["secret"]
    assert await zoe.post("/api/settings/2fa/verify", {"code": TOTP(secret).now()}) == 200
    await invite(anna, zoe.user["email"])
    answer = await accept(make, await token(zoe.user["email"]), password=PASSWORD)
    assert (answer.status, sorted(answer.json)) == (200, ["challenge", "two_factor_required"])
    assert anna.team_id in [t["id"] for t in (await zoe.get("/api/teams")).json["items"]]


async def test_of_two_who_accept_at_once_one_joins(make: Make, token: Any):
    anna = await make.owner()
    email = address()
    await invite(anna, email)
    mailed = await token(email)
    answers = await asyncio.gather(*(accept(make, mailed, name="Gus", password=PASSWORD) for _ in range(4)))
    assert sorted(a.status for a in answers)[0] == 200
    assert all(a.status in (401, 409, 422) for a in answers if a.status != 200), answers
    assert len([a for a in answers if a.status == 200]) == 1
    assert len((await anna.get(f"/api/teams/{anna.team_id}/members")).json["items"]) == 2


async def test_who_was_removed_comes_back_as_the_same_member(make: Make, token: Any):
    anna = await make.owner()
    ben = await make.member(anna, role="admin")
    assert await anna.delete(f"/api/teams/{anna.team_id}/members/{ben.id}") == 204
    await invite(anna, ben.user["email"], "member")
    answer = await accept(make, await token(ben.user["email"]), password=PASSWORD)
    assert answer == 200, answer
    [_, member] = (await anna.get(f"/api/teams/{anna.team_id}/members")).json["items"]
    assert (member["id"], member["role"]) == (ben.member_id, "member")
    assert (await ben.get("/api/tasks")) == 200  # the old session, with the role of now
    assert (await ben.post("/api/projects", {"name": "x"})) == 403


async def test_an_invitation_ends(make: Make, token: Any, letters: Any):
    anna = await make.owner()
    email = address()
    path = f"/api/teams/{anna.team_id}/invitations"
    first = await invite(anna, email)
    old = await token(email)
    again = await anna.post(f"/api/teams/{anna.team_id}/invite", {"email": email})
    assert (again.status, again.code) == (409, "already_invited")
    sent = await anna.post(f"{path}/{first['id']}/resend")
    assert (sent.status, sent.json["version"], sent.json["id"]) == (200, 2, first["id"])
    assert len(await letters(email)) == 2
    assert (await accept(make, old, name="Gus", password=PASSWORD)).wrong == {"token": "token_invalid"}
    await make.sql("UPDATE invitation SET expires_at = now() - interval '1 second' WHERE email = $1", email)
    late = await accept(make, await token(email), name="Gus", password=PASSWORD)
    assert late.wrong == {"token": "token_invalid"}
    second = await invite(anna, email)
    assert second["id"] != first["id"]
    assert await anna.delete(f"{path}/{second['id']}") == 204
    assert (await accept(make, await token(email), name="Gus", password=PASSWORD)).wrong == {"token": "token_invalid"}
    assert await anna.delete(f"{path}/{second['id']}") == 404
    assert await anna.post(f"{path}/{second['id']}/resend") == 404
    assert (await anna.get(path)).json["items"] == []


async def test_another_teams_invitation_does_not_exist(make: Make):
    anna, zoe = await make.owner(), await make.owner()
    made = await invite(anna, address())
    path = f"/api/teams/{zoe.team_id}/invitations/{made['id']}"
    assert await zoe.delete(path) == 404
    assert await zoe.post(f"{path}/resend") == 404


async def test_who_may_invite_whom(make: Make):
    anna = await make.owner()
    ben, cem = await make.member(anna, role="admin"), await make.member(anna, role="manager")
    path = f"/api/teams/{anna.team_id}/invite"
    above = await ben.post(path, {"email": address(), "role": "owner"})
    assert (above.status, above.json["permission"]) == (403, "team:transfer")
    assert await ben.post(path, {"email": address(), "role": "admin"}) == 201
    refused = await cem.post(path, {"email": address()})
    assert (refused.status, refused.json["permission"]) == (403, "members:invite")
    known = await anna.post(path, {"email": cem.user["email"]})
    assert (known.status, known.code) == (409, "already_member")
    wrong = await anna.post(path, {"email": "nobody", "role": "king"})
    assert wrong.wrong == {"email": "value_error", "role": "not_allowed"}


async def test_an_unverified_account_invites_nobody_until_it_is_verified(make: Make):
    anna = await make.owner(verified=False)
    path = f"/api/teams/{anna.team_id}/invite"
    refused = await anna.post(path, {"email": address()})
    assert (refused.status, refused.code) == (403, "email_unverified")
    await make.sql("UPDATE app_user SET email_verified = true WHERE id = $1", uuid.UUID(anna.id))
    assert await anna.post(path, {"email": address()}) == 201


@pytest.mark.parametrize("how", ["removed", "demoted"])
async def test_who_may_invite_no_more_has_no_invitations_open(make: Make, token: Any, how: str):
    anna = await make.owner()
    ben = await make.member(anna, role="admin")
    email = address()
    await invite(ben, email, "admin")
    place = f"/api/teams/{anna.team_id}/members/{ben.id}"
    answer = await (anna.delete(place) if how == "removed" else anna.patch(f"{place}/role", {"role": "member"}))
    assert answer.status < 300, answer
    assert (await accept(make, await token(email), name="Gus", password=PASSWORD)).wrong == {"token": "token_invalid"}
    assert [e["detail"]["email"] for e in await make.heard(anna, "invitation.withdrawn")] == [email]


async def test_a_deleted_team_takes_nobody_in(make: Make, token: Any):
    anna = await make.owner(team_name="Doomed")
    email = address()
    await invite(anna, email)
    assert await anna.delete(f"/api/teams/{anna.team_id}", json={"confirm": "Doomed"}) == 204
    assert (await accept(make, await token(email), name="Gus", password=PASSWORD)).wrong == {"token": "token_invalid"}


async def test_an_invitation_lives_seven_days(make: Make):
    [row] = await make.sql(
        "SELECT expires_at - sent_at AS lives FROM invitation WHERE id = $1::text::uuid",
        (await invite(await make.owner(), address()))["id"],
    )
    assert row["lives"] == timedelta(days=7)
