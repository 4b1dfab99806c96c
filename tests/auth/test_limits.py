"""Limits on failed sign-ins, over two web processes that share a Redis."""

from __future__ import annotations

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import pytest

from server.config import Settings
from tests.factories import Make
from tests.factories.people import PASSWORD
from tests.helpers.http import Answer, Client
from tests.helpers.ports import free_port
from tests.helpers.processes import Process, until

_addresses = itertools.count(1)


@pytest.fixture(scope="module")
async def limited(config: Settings, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[list[str]]:
    """The addresses of two web processes with limits, behind a proxy that they trust."""
    log = tmp_path_factory.mktemp("limits") / "web.log"
    ports = [free_port(), free_port()]
    given = {"RATE_LIMITS": "on", "RATE_LOGIN_ADDRESS": "8/15minutes", "TRUSTED_PROXIES": "127.0.0.1"}
    given |= {"RATE_API_USER": "12/minute", "RATE_INVITE_ADDRESS": "3/hour", "VAR_DIR": str(config.var_dir)}
    webs = [await Process.start("server", config, log, PORT=str(port), **given) for port in ports]

    async def ready() -> bool:
        async with aiohttp.ClientSession() as session:
            for port in ports:
                try:
                    async with session.get(f"http://127.0.0.1:{port}/api/health"):
                        pass
                except aiohttp.ClientError:
                    assert all(web.child.returncode is None for web in webs), log.read_text()
                    return False
        return True

    await until(ready)
    yield [f"http://127.0.0.1:{port}" for port in ports]
    for web in webs:
        await web.stop()


def address() -> dict[str, str]:
    """The header of somebody who has not been here before."""
    return {"X-Forwarded-For": f"192.0.2.{next(_addresses)}"}


async def login(web: Client, email: str, password: str, headers: dict[str, str]) -> Answer:
    return await web.post("/api/auth/login", {"email": email, "password": password}, headers=headers)


async def test_five_failures_close_an_account_to_the_right_password_too(limited: list[str], make: Make, anyone: Client):
    webs = [Client(anyone.session, url) for url in limited]
    email, place = (await make.owner()).user["email"], address()
    asked = [login(webs[n % 2], email.upper() if n % 3 else email, "a wrong one", address()) for n in range(12)]
    answers = await asyncio.gather(*asked)
    assert Counter(a.status for a in answers) == {401: 5, 429: 7}
    refused = await login(webs[0], email, PASSWORD, place)
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert 1 <= int(refused.headers["Retry-After"]) <= 900
    assert refused.headers["RateLimit-Limit"] == "5"
    assert refused.headers["RateLimit-Remaining"] == "0"


async def test_an_unknown_address_is_limited_like_a_known_one(limited: list[str], anyone: Client):
    web, email = Client(anyone.session, limited[0]), f"{uuid.uuid4().hex}@example.com"
    answers = [await login(web, email, "a wrong one", address()) for _ in range(6)]
    assert [a.status for a in answers] == [401] * 5 + [429]


async def test_successes_are_not_counted(limited: list[str], make: Make, anyone: Client):
    web, email, place = Client(anyone.session, limited[0]), (await make.owner()).user["email"], address()
    answers = [await login(web, email, PASSWORD, place) for _ in range(10)]
    assert [a.status for a in answers] == [200] * 10


async def test_one_address_fails_only_so_often_over_all_accounts(limited: list[str], make: Make, anyone: Client):
    web, place = Client(anyone.session, limited[0]), address()
    answers = [await login(web, f"{uuid.uuid4().hex}@example.com", "a wrong one", place) for _ in range(9)]
    assert [a.status for a in answers] == [401] * 8 + [429]
    email = (await make.owner()).user["email"]
    assert (await login(web, email, PASSWORD, place)) == 429
    assert (await login(web, email, PASSWORD, address())) == 200


async def test_a_limited_refresh_leaves_the_token_good(limited: list[str], make: Make, anyone: Client):
    person, web = await make.owner(), Client(anyone.session, limited[0])
    token = person.refresh_token
    while True:
        answer = await web.post("/api/auth/refresh", {"refresh_token": token}, headers=address())
        if answer == 429:
            break
        assert answer == 200
        token = answer.json["refresh_token"]
    # `anyone` speaks to a process without limits.
    assert (await anyone.post("/api/auth/refresh", {"refresh_token": token})) == 200


async def test_asking_for_mails_is_limited_by_address(limited: list[str], anyone: Client):
    web, place = Client(anyone.session, limited[0]), address()
    body = {"email": "nobody@example.com"}
    answers = [await web.post("/api/auth/forgot-password", body, headers=place) for _ in range(21)]
    assert [a.status for a in answers] == [202] * 20 + [429]


async def test_one_address_is_not_flooded_with_invitations(limited: list[str], make: Make, anyone: Client):
    owner = await make.owner()
    web = Client(anyone.session, limited[0], owner.token)
    path, email = f"/api/teams/{owner.team_id}", f"guest-{uuid.uuid4().hex[:8]}@example.com"
    invited = await web.post(f"{path}/invite", {"email": email})
    assert invited == 201, invited
    again = f"{path}/invitations/{invited.json['id']}/resend"
    answers = [await web.post(again) for _ in range(3)]
    assert [a.status for a in answers] == [200, 200, 429]
    assert answers[-1].headers["RateLimit-Policy"] == '3;w=3600;name="invite"'
    # What was refused changed nothing: the link that was mailed last is good.
    [listed] = (await web.get(f"{path}/invitations")).json["items"]
    assert listed == answers[1].json
    assert await web.delete(f"{path}/invitations/{invited.json['id']}") == 204
    assert (await web.post(f"{path}/invite", {"email": email})) == 429
    assert (await web.post(f"{path}/invite", {"email": f"other-{email}"})) == 201
