"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import pytest

from models import clock
from tests.factories import Make
from tests.factories.people import PASSWORD
from tests.helpers.http import Client


@pytest.fixture(autouse=True)
def real_time():
    yield
    clock.reset()


async def test_register_answers_as_a_login_does(anyone: Client):
    body = {"email": "New@Example.com", "password": PASSWORD, "name": "New", "team_name": "Néw & Co"}
    answer = await anyone.post("/api/auth/register", body)
    assert answer == 201
    assert set(answer.json) == {"access_token", "expires_in", "refresh_token", "user", "team"}
    assert answer.json["user"]["email"] == "new@example.com"
    assert answer.json["user"]["email_verified"] is False
    assert answer.json["team"]["name"] == "Néw & Co"
    me = await anyone.holding(answer.json["access_token"]).get("/api/auth/me")
    assert me == 200
    assert me.json["role"] == "owner"
    assert "team:delete" in me.json["permissions"]
    again = await anyone.post("/api/auth/register", body)
    assert (again.status, again.code) == (409, "email_taken")


async def test_register_names_every_wrong_field(anyone: Client):
    answer = await anyone.post("/api/auth/register", {"email": "x", "password": "short", "nam": "?"})
    assert answer == 422
    assert answer.wrong == {
        "email": "value_error",
        "password": "too_short",
        "name": "required",
        "team_name": "required",
        "nam": "unknown_field",
    }


async def test_a_wrong_password_and_an_unknown_account_are_answered_alike(make: Make, anyone: Client):
    person = await make.owner()
    wrong = await anyone.post("/api/auth/login", {"email": person.user["email"], "password": "not this one"})
    unknown = await anyone.post("/api/auth/login", {"email": "nobody@example.com", "password": "not this one"})
    assert wrong == unknown == 401
    assert {k: v for k, v in wrong.json.items() if k != "request_id"} == {
        k: v for k, v in unknown.json.items() if k != "request_id"
    }
    right = await anyone.post("/api/auth/login", {"email": person.user["email"].upper(), "password": PASSWORD})
    assert right == 200


async def test_twenty_refreshes_at_once_get_one_successor(make: Make, anyone: Client):
    person = await make.owner()
    body = {"refresh_token": person.refresh_token}
    answers = await asyncio.gather(*(anyone.post("/api/auth/refresh", body) for _ in range(20)))
    assert {a.status for a in answers} == {200}
    assert len({a.json["refresh_token"] for a in answers}) == 1


async def test_a_stolen_refresh_token_ends_the_session(make: Make, anyone: Client):
    person = await make.owner()
    used = {"refresh_token": person.refresh_token}
    successor = (await anyone.post("/api/auth/refresh", used)).json
    clock.move(timedelta(seconds=11))
    assert (await anyone.post("/api/auth/refresh", used)) == 401
    assert (await anyone.post("/api/auth/refresh", {"refresh_token": successor["refresh_token"]})) == 401
    stolen = await anyone.holding(successor["access_token"]).get("/api/auth/me")
    assert (stolen.status, stolen.code) == (401, "token_revoked")


async def test_a_refused_refresh_says_why(make: Make, anyone: Client):
    async def why(token: str) -> str:
        answer = await anyone.post("/api/auth/refresh", {"refresh_token": token})
        assert answer == 401
        return answer.code

    gone, late = await make.owner(), await make.owner()
    spent, current = gone.refresh_token, await refreshed(anyone, gone.refresh_token)
    assert await gone.post("/api/auth/logout") == 204
    assert [await why(token) for token in (spent, current, "nonsense")] == ["token_revoked"] * 2 + ["token_invalid"]
    clock.move(timedelta(days=7, seconds=1))
    assert await why(late.refresh_token) == "token_expired"


async def refreshed(anyone: Client, token: str) -> str:
    answer = await anyone.post("/api/auth/refresh", {"refresh_token": token})
    assert answer == 200, answer
    return answer.json["refresh_token"]


async def test_a_thief_who_used_the_token_first_is_found_out_by_its_owner(make: Make, anyone: Client):
    person = await make.owner()
    theirs = await refreshed(anyone, await refreshed(anyone, person.refresh_token))
    clock.move(timedelta(seconds=11))
    assert (await anyone.post("/api/auth/refresh", {"refresh_token": person.refresh_token})) == 401
    thief = await anyone.post("/api/auth/refresh", {"refresh_token": theirs})
    assert (thief.status, thief.code) == (401, "token_revoked")
    assert (await person.get("/api/auth/me")).code == "token_revoked"


async def test_a_slow_tab_gets_its_successor_though_another_tab_is_two_ahead(make: Make, anyone: Client):
    person = await make.owner()
    first = await refreshed(anyone, person.refresh_token)
    second = await refreshed(anyone, first)
    clock.move(timedelta(seconds=4))  # of the ten there are; some pass by themselves
    assert await refreshed(anyone, person.refresh_token) == first
    assert await refreshed(anyone, first) == second
    assert (await person.get("/api/auth/me")) == 200


async def test_three_tabs_never_lose_the_session_they_share(make: Make, anyone: Client):
    person = await make.owner()
    cookie = [person.refresh_token]

    async def tab() -> None:
        for _ in range(20):
            cookie[0] = await refreshed(anyone, cookie[0])

    await asyncio.gather(tab(), tab(), tab())
    assert (await person.get("/api/auth/me")) == 200


async def test_a_used_token_s_successor_is_forgotten_after_the_grace(make: Make, anyone: Client, sql):
    person = await make.owner()
    first = await refreshed(anyone, person.refresh_token)
    clock.move(timedelta(seconds=11))
    await refreshed(anyone, first)
    rows = await sql(
        """SELECT t.successor IS NULL AS forgotten FROM spent_refresh_token t JOIN auth_session s ON s.id = t.session_id
        WHERE s.user_id = $1 ORDER BY t.used_at""",
        uuid.UUID(person.id),
    )
    assert [r["forgotten"] for r in rows] == [True, False]


async def test_a_refresh_token_ends_after_seven_days(make: Make, anyone: Client):
    person = await make.owner()
    clock.move(timedelta(days=7, seconds=1))
    assert (await anyone.post("/api/auth/refresh", {"refresh_token": person.refresh_token})) == 401


async def test_an_access_token_ends_and_is_renewed(make: Make, anyone: Client):
    person = await make.owner()
    clock.move(timedelta(minutes=15, seconds=1))
    late = await person.get("/api/auth/me")
    assert (late.status, late.code) == (401, "token_expired")
    renewed = await anyone.post("/api/auth/refresh", {"refresh_token": person.refresh_token})
    assert (await anyone.holding(renewed.json["access_token"]).get("/api/auth/me")) == 200


async def test_signing_out_ends_the_token_at_once(make: Make):
    person = await make.owner()
    assert (await person.post("/api/auth/logout")) == 204
    answer = await person.get("/api/auth/me")
    assert (answer.status, answer.code) == (401, "token_revoked")


async def test_tokens_of_others_are_refused(anyone: Client):
    assert (await anyone.get("/api/auth/me")).code == "token_missing"
    assert (await anyone.holding("a.b.c").get("/api/auth/me")).code == "token_invalid"


async def test_our_pages_keep_the_refresh_token_in_a_cookie(make: Make, anyone: Client):
    person = await make.owner()
    body = {"email": person.user["email"], "password": PASSWORD}
    answer = await anyone.post("/api/auth/login", body, headers={"X-Session": "cookie"})
    assert "refresh_token" not in answer.json
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    # Without the header, too: what came out of the cookie must not be handed to a script.
    renewed = await anyone.ask("POST", "/api/auth/refresh", headers={"Cookie": cookie.split(";")[0]})
    assert renewed == 200
    assert "refresh_token" not in renewed.json
    assert "HttpOnly" in renewed.headers["Set-Cookie"]


async def test_no_answer_shows_a_script_the_token_that_our_pages_keep(make: Make, anyone: Client):
    person = await make.owner()
    body = {"email": person.user["email"], "password": PASSWORD}
    answer = await anyone.post("/api/auth/login", body, headers={"X-Session": "cookie"})
    script = anyone.holding(answer.json["access_token"])
    switched = await script.post(f"/api/teams/{person.team_id}/switch")
    assert switched == 200
    assert "refresh_token" not in switched.json
    assert "HttpOnly" in switched.headers["Set-Cookie"]
    cookie = {"Cookie": switched.headers["Set-Cookie"].split(";")[0]}
    renewed = await anyone.ask("POST", "/api/auth/refresh", headers=cookie)
    assert renewed == 200
    assert "refresh_token" not in renewed.json


async def test_switching_gives_tokens_for_the_other_team(make: Make):
    owner = await make.owner()
    colleague = await make.member(owner, role="manager")
    me = await colleague.get("/api/auth/me")
    assert (me.json["team_id"], me.json["role"]) == (owner.team_id, "manager")
    stranger = await make.owner()
    assert (await stranger.post(f"/api/teams/{owner.team_id}/switch")) == 404
