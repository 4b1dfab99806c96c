"""The account: address, password, sessions, second factor."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta

import asyncpg
import pytest
from pyotp.totp import TOTP

from models import clock
from server.auth.mailed import send_reset
from server.core.system import system_unit
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Client
from tests.helpers.letters import mailed_token

NEW_PASSWORD = "another long password"


@pytest.fixture(autouse=True)
def real_time():
    yield
    clock.reset()


async def login(anyone: Client, person: Person, password: str = PASSWORD):
    return await anyone.post("/api/auth/login", {"email": person.user["email"], "password": password})


async def two_factor_on(person: Person) -> tuple[TOTP, list[str]]:
    started = await person.post("/api/settings/2fa/enable")
    assert started == 200, started
    assert started.json["qr_svg"].startswith("<svg")
    assert started.json["secret"] in started.json["otpauth_uri"]
    totp = TOTP(started.json["secret"])
    wrong = await person.post("/api/settings/2fa/verify", {"code": "000000"})
    assert wrong.wrong == {"code": "code_wrong"}
    done = await person.post("/api/settings/2fa/verify", {"code": totp.at(clock.now())})
    assert done == 200, done
    return totp, done.json["recovery_codes"]


async def test_the_second_factor_is_asked_for_and_no_code_works_twice(make: Make, anyone: Client):
    person = await make.owner()
    totp, recovery = await two_factor_on(person)
    first = await login(anyone, person)
    assert first == 200
    assert set(first.json) == {"two_factor_required", "challenge"}
    clock.move(timedelta(seconds=30))
    answer = {"challenge": first.json["challenge"], "code": totp.at(clock.now())}
    signed_in = await anyone.post("/api/auth/2fa", answer)
    assert signed_in == 200
    assert set(signed_in.json) == {"access_token", "expires_in", "refresh_token", "user", "team"}
    replayed = await anyone.post("/api/auth/2fa", answer)
    assert (replayed.status, replayed.code) == (401, "credentials_wrong")
    by_recovery = {"challenge": first.json["challenge"], "code": recovery[0]}
    assert [(await anyone.post("/api/auth/2fa", by_recovery)).status for _ in range(2)] == [200, 401]
    # A refresh answers as a login does, with the second factor on, too.
    renewed = await anyone.post("/api/auth/refresh", {"refresh_token": signed_in.json["refresh_token"]})
    assert set(renewed.json) == set(signed_in.json)


async def test_a_challenge_ends_after_five_minutes(make: Make, anyone: Client):
    person = await make.owner()
    totp, _ = await two_factor_on(person)
    challenge = (await login(anyone, person)).json["challenge"]
    clock.move(timedelta(minutes=5, seconds=1))
    late = await anyone.post("/api/auth/2fa", {"challenge": challenge, "code": totp.at(clock.now())})
    assert (late.status, late.code) == (401, "token_invalid")
    forged = await anyone.post("/api/auth/2fa", {"challenge": "forged", "code": totp.at(clock.now())})
    assert (forged.status, forged.code) == (401, "token_invalid")


async def test_turning_the_second_factor_off_takes_password_and_code(make: Make, anyone: Client):
    person = await make.owner()
    totp, _ = await two_factor_on(person)
    clock.move(timedelta(seconds=30))
    code = totp.at(clock.now())
    assert (await person.post("/api/settings/2fa/disable", {"password": "wrong one", "code": code})) == 401
    assert (await person.post("/api/settings/2fa/disable", {"password": PASSWORD, "code": "000000"})) == 401
    assert (await person.post("/api/settings/2fa/disable", {"password": PASSWORD, "code": code})) == 204
    assert "access_token" in (await login(anyone, person)).json


async def test_a_new_password_ends_the_other_sessions(make: Make, anyone: Client):
    person = await make.owner()
    other = Person.of(anyone, (await login(anyone, person)).json)
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await person.put("/api/settings/password", body | {"current_password": "no"})) == 401
    assert (await person.put("/api/settings/password", body)) == 204
    assert (await other.get("/api/auth/me")).code == "token_revoked"
    assert (await person.get("/api/auth/me")) == 200
    assert (await login(anyone, person)) == 401
    assert (await login(anyone, person, NEW_PASSWORD)) == 200


async def test_sessions_are_listed_and_signed_out(make: Make, anyone: Client):
    person = await make.owner()
    body = {"email": person.user["email"], "password": PASSWORD}
    answer = await anyone.post("/api/auth/login", body, headers={"User-Agent": "Another phone"})
    other = Person.of(anyone, answer.json)
    listed = (await person.get("/api/auth/sessions")).json["items"]
    assert [(s["current"], s["user_agent"]) for s in listed if not s["current"]] == [(False, "Another phone")]
    assert len(listed) == 2
    theirs = next(s["id"] for s in listed if not s["current"])
    stranger = await make.owner()
    assert (await stranger.delete(f"/api/auth/sessions/{theirs}")) == 404
    assert (await person.delete(f"/api/auth/sessions/{theirs}")) == 204
    assert (await person.delete(f"/api/auth/sessions/{theirs}")) == 404
    assert (await other.get("/api/auth/me")).code == "token_revoked"


async def test_the_profile_keeps_its_version_when_nothing_changes(make: Make):
    person = await make.owner(name="Ann")
    before = (await person.get("/api/settings/profile")).json
    same = await person.patch("/api/auth/me", {"name": "Ann"})
    assert same.json == before
    at = {"If-Match": f'"{before["version"]}"'}
    changed = await person.patch("/api/auth/me", {"timezone": "Europe/Berlin"}, headers=at)
    assert changed == 200
    assert (changed.json["version"], changed.json["timezone"]) == (before["version"] + 1, "Europe/Berlin")
    assert (await person.put("/api/auth/me", {"name": "Bo"}, headers=at)) == 412
    replaced = await person.put("/api/settings/profile", {"name": "Bo"})
    assert (replaced.json["name"], replaced.json["timezone"]) == ("Bo", "UTC")
    assert (await person.patch("/api/auth/me", {"timezone": "Mars/Base"})).wrong == {"timezone": "value_error"}


async def test_an_address_is_verified_once(make: Make, anyone: Client, sql):
    person = await make.owner(verified=False)
    token = await mailed_token(sql, person.user["email"], "auth/verify")
    again = await person.post("/api/auth/resend-verification")
    assert again == 202
    assert again.json["job_id"]
    newest = await mailed_token(sql, person.user["email"], "auth/verify")
    outdated = await anyone.post("/api/auth/verify-email", {"token": token})
    assert outdated.wrong == {"token": "token_invalid"}
    assert (await anyone.post("/api/auth/verify-email", {"token": newest})) == 204
    assert (await person.get("/api/auth/me")).json["email_verified"] is True
    assert (await anyone.post("/api/auth/verify-email", {"token": newest})) == 422


async def test_the_address_changes_when_the_new_one_confirms(make: Make, anyone: Client, sql):
    person = await make.owner()
    new = f"new-{person.user['email']}"
    body = {"email": new, "password": PASSWORD}
    assert (await person.post("/api/auth/change-email", body | {"password": "wrong one"})) == 401
    assert (await person.post("/api/auth/change-email", body)) == 202
    assert (await person.get("/api/auth/me")).json["email"] == person.user["email"]
    token = await mailed_token(sql, new, "auth/email-change")
    assert (await anyone.post("/api/auth/verify-email", {"token": token})) == 204
    assert (await person.get("/api/auth/me")).json["email"] == new


async def test_a_forgotten_password_is_reset_once_and_ends_all_sessions(make: Make, anyone: Client, sql):
    person = await make.owner()
    known = await anyone.post("/api/auth/forgot-password", {"email": person.user["email"]})
    unknown = await anyone.post("/api/auth/forgot-password", {"email": "nobody@example.com"})
    assert known == unknown == 202
    assert set(known.json) == set(unknown.json) == {"job_id"}
    async with system_unit():  # what the job does
        await send_reset(person.user["email"])
    body = {"token": await mailed_token(sql, person.user["email"], "auth/reset"), "password": NEW_PASSWORD}
    answers = await asyncio.gather(*(anyone.post("/api/auth/reset-password", body) for _ in range(3)))
    assert sorted(a.status for a in answers) == [204, 422, 422]
    assert (await person.get("/api/auth/me")).code == "token_revoked"
    assert (await login(anyone, person, NEW_PASSWORD)) == 200


async def test_a_reset_link_ends_after_an_hour(make: Make, anyone: Client, sql):
    person = await make.owner()
    async with system_unit():
        await send_reset(person.user["email"])
    token = await mailed_token(sql, person.user["email"], "auth/reset")
    clock.move(timedelta(hours=1, seconds=1))
    assert (await anyone.post("/api/auth/reset-password", {"token": token, "password": NEW_PASSWORD})) == 422


async def test_a_change_of_address_begun_before_a_new_password_is_void(make: Make, anyone: Client, sql):
    person = await make.owner()
    thiefs = f"thief-{person.user['email']}"
    assert (await person.post("/api/auth/change-email", {"email": thiefs, "password": PASSWORD})) == 202
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await person.put("/api/settings/password", body)) == 204
    token = await mailed_token(sql, thiefs, "auth/email-change")
    assert (await anyone.post("/api/auth/verify-email", {"token": token})).wrong == {"token": "token_invalid"}
    assert (await person.get("/api/auth/me")).json["email"] == person.user["email"]


async def test_a_password_reset_beats_a_sign_in_that_is_still_hashing(make: Make, anyone: Client, database_url: str):
    person = await make.owner()
    conn = await asyncpg.connect(database_url)
    reset = conn.transaction()
    await reset.start()
    await conn.execute("SET LOCAL ROLE mediaflow_system")
    await conn.execute("UPDATE app_user SET password_hash = 'another' WHERE id = $1", uuid.UUID(person.id))
    # The sign-in reads the old hash, finds the password right, and then has to wait for the reset.
    signing_in = asyncio.create_task(login(anyone, person))
    await asyncio.wait([signing_in], timeout=0.5)
    assert not signing_in.done()
    await reset.commit()
    await conn.close()
    refused = await signing_in
    assert (refused.status, refused.code) == (401, "credentials_wrong")
    assert len((await person.get("/api/auth/sessions")).json["items"]) == 1


async def test_the_second_factor_can_be_begun_again_at_once(make: Make):
    person = await make.owner()
    totp, _ = await two_factor_on(person)
    clock.move(timedelta(seconds=30))
    body = {"password": PASSWORD, "code": totp.at(clock.now())}
    assert (await person.post("/api/settings/2fa/disable", body)) == 204
    again, _ = await two_factor_on(person)
    assert again.secret != totp.secret


async def test_a_challenge_is_void_after_a_new_password(make: Make, anyone: Client):
    person = await make.owner()
    totp, _ = await two_factor_on(person)
    challenge = (await login(anyone, person)).json["challenge"]
    body = {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert (await person.put("/api/settings/password", body)) == 204
    clock.move(timedelta(seconds=30))
    late = await anyone.post("/api/auth/2fa", {"challenge": challenge, "code": totp.at(clock.now())})
    assert (late.status, late.code) == (401, "credentials_wrong")


async def test_a_code_in_other_digits_is_wrong(make: Make, anyone: Client):
    person = await make.owner()
    await two_factor_on(person)
    challenge = (await login(anyone, person)).json["challenge"]
    answer = await anyone.post("/api/auth/2fa", {"challenge": challenge, "code": "١٢٣٤٥٦"})
    assert (answer.status, answer.code) == (401, "credentials_wrong")


async def test_a_new_name_stands_under_the_next_fact(make: Make):
    person = await make.owner(name="Ann")
    assert (await person.patch("/api/auth/me", {"name": "Anna"})) == 200
    project = await make.project(person)
    assert {e["actor"]["name"] for e in await make.happened(person, project)} == {"Anna"}


async def test_no_browser_keeps_who_i_am(make: Make):
    # Two people's accounts may have the same version: one who signs in after the other would be shown the other's.
    answer = await (await make.owner()).get("/api/auth/me")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_of_two_who_want_an_address_the_first_to_confirm_gets_it(make: Make, anyone: Client, sql):
    ann, bob = await make.owner(), await make.owner()
    new = f"wanted-{ann.user['email']}"
    tokens = []
    for person in (ann, bob):
        assert await person.post("/api/auth/change-email", {"email": new, "password": PASSWORD}) == 202
        tokens.append(await mailed_token(sql, new, "auth/email-change"))
    assert await anyone.post("/api/auth/verify-email", {"token": tokens[1]}) == 204
    late = await anyone.post("/api/auth/verify-email", {"token": tokens[0]})
    assert (late.status, late.code) == (409, "email_taken")
    assert (await ann.get("/api/auth/me")).json["email"] == ann.user["email"]


async def test_a_confirmed_address_is_not_written_to_again(make: Make):
    answer = await (await make.owner()).post("/api/auth/resend-verification")
    assert (answer.status, answer.json) == (202, {"job_id": None})


async def test_the_second_factor_is_turned_on_once(make: Make):
    person = await make.owner()
    early = await person.post("/api/settings/2fa/verify", {"code": "123456"})
    assert (early.status, early.code) == (409, "two_factor_not_started")
    await two_factor_on(person)
    again = await person.post("/api/settings/2fa/enable")
    assert (again.status, again.code) == (409, "two_factor_on")
