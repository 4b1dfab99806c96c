"""Access tokens that somebody else has made, and what a session's cookie may do."""

from __future__ import annotations

import base64
import json
import time
import uuid
from typing import Any

import jwt
import pytest

from server.config import Settings
from tests.factories import Make
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Client


def claims_of(person: Person) -> dict[str, Any]:
    return jwt.decode(person.token, options={"verify_signature": False})


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture
async def person(make: Make) -> Person:
    return await make.owner()


@pytest.fixture
def key(config: Settings) -> str:
    return config.secret_key.get_secret_value()


async def code_of(anyone: Client, token: str) -> tuple[int, str]:
    answer = await anyone.holding(token).get("/api/auth/me")
    return answer.status, answer.code


async def test_a_token_of_our_making_is_good(person: Person, anyone: Client, key: str):
    token = jwt.encode(claims_of(person) | {"iat": int(time.time()) - 1}, key, algorithm="HS256")
    assert token != person.token
    assert await anyone.holding(token).get("/api/auth/me") == 200


@pytest.mark.parametrize(
    "changed", [{"typ": "refresh"}, {"typ": None}, {"aud": "another-service"}, {"aud": None}, {"exp": None}]
)
async def test_a_token_for_something_else_is_invalid(person: Person, anyone: Client, key: str, changed: dict[str, Any]):
    claims = {k: v for k, v in (claims_of(person) | changed).items() if v is not None}
    assert await code_of(anyone, jwt.encode(claims, key, algorithm="HS256")) == (401, "token_invalid")


async def test_a_token_signed_otherwise_is_invalid(person: Person, anyone: Client, key: str):
    claims = claims_of(person)
    unsigned = f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."
    header, _, signature = person.token.split(".")
    for token in (
        unsigned,
        f"{header}.{part(claims | {'rv': 99})}.{signature}",
        jwt.encode(claims, "another key that is long enough for it", algorithm="HS256"),
        jwt.encode(claims, key * 2, algorithm="HS512"),
        jwt.encode(claims, key * 2, algorithm="HS384"),
    ):
        assert await code_of(anyone, token) == (401, "token_invalid")


async def test_a_token_of_one_session_and_anothers_membership_is_revoked(make: Make, anyone: Client, key: str):
    ann, bob = await make.owner(), await make.owner()
    mixed = claims_of(ann) | {name: claims_of(bob)[name] for name in ("member", "team")}
    assert await code_of(anyone, jwt.encode(mixed, key, algorithm="HS256")) == (401, "token_revoked")
    nobody = claims_of(ann) | {"sid": str(uuid.uuid4())}
    assert await code_of(anyone, jwt.encode(nobody, key, algorithm="HS256")) == (401, "token_revoked")


async def test_the_cookie_draws_pages_without_being_used_up(make: Make, anyone: Client):
    person = await make.owner(team_name="Studio Nine")
    body = {"email": person.user["email"], "password": PASSWORD}
    signed_in = await anyone.post("/api/auth/login", body, headers={"X-Session": "cookie"})
    cookie = {"Cookie": signed_in.headers["Set-Cookie"].split(";")[0]}
    for _ in range(2):
        assert b"Studio Nine" in (await anyone.get("/projects", headers=cookie)).body
    assert b"Studio Nine" not in (await anyone.get("/projects")).body
    # A cookie opens no API.
    refused = await anyone.get("/api/auth/me", headers=cookie)
    assert (refused.status, refused.code) == (401, "token_missing")
    assert await anyone.ask("POST", "/api/auth/refresh", headers=cookie) == 200
    left = await anyone.holding(signed_in.json["access_token"]).post("/api/auth/logout")
    assert left == 204
    assert 'mf_refresh=""' in left.headers["Set-Cookie"]
    assert b"Studio Nine" not in (await anyone.get("/projects", headers=cookie)).body
