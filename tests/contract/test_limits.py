"""Rate limits: exact over processes that share a Redis; per process, and said so, without one."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

from tests.contract.conftest import Start, Web
from tests.factories.people import PASSWORD, Person
from tests.helpers.http import Answer, Client

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def holding(person: Person, *webs: Web) -> list[Client]:
    return [client.holding(person.token) for client, _ in webs]


async def test_the_limit_of_a_person_is_exact_over_processes(web: Start, make):
    person, other = await make.owner(), await make.owner()
    webs = [await web(RATE_API_USER="17/minute"), await web(RATE_API_USER="17/minute")]
    clients = itertools.cycle(holding(person, *webs))
    answers = await asyncio.gather(*(next(clients).get("/api/auth/me") for _ in range(40)))
    assert Counter(a.status for a in answers) == {200: 17, 429: 23}
    refused = next(a for a in answers if a == 429)
    assert refused.code == "rate_limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Remaining"]) == ("17", "0")
    assert sorted(int(a.headers["RateLimit-Remaining"]) for a in answers if a == 200)[0] == 0
    assert (await holding(other, *webs)[0].get("/api/auth/me")) == 200, "another person has a limit of their own"


async def test_failed_sign_ins_are_counted_by_account_over_processes_and_good_ones_are_not(web: Start, make):
    person, other = await make.owner(), await make.owner()
    webs = [await web(RATE_LOGIN_ACCOUNT="5/15minutes"), await web(RATE_LOGIN_ACCOUNT="5/15minutes")]
    clients = itertools.cycle(client for client, _ in webs)

    async def sign_in(who: Person, password: str) -> Answer:
        return await next(clients).post("/api/auth/login", {"email": who.user["email"], "password": password})

    assert [(await sign_in(person, PASSWORD)).status for _ in range(7)] == [200] * 7
    assert [(await sign_in(person, "wrong password")).status for _ in range(7)] == [401] * 5 + [429] * 2
    assert (await sign_in(person, PASSWORD)) == 429, "the right password comes too late"
    assert (await sign_in(other, PASSWORD)) == 200


async def test_registering_is_limited_by_address(web: Start):
    client, _ = await web(RATE_AUTH_ADDRESS="3/hour")
    body = {"email": "x@example.com", "password": "short", "name": "X", "team_name": "X"}
    answers = [await client.post("/api/auth/register", body) for _ in range(5)]
    assert [a.status for a in answers] == [422] * 3 + [429] * 2
    forged = await client.post("/api/auth/register", body, headers={"X-Forwarded-For": "203.0.113.9"})
    assert forged == 429, "nobody is trusted to name another address"


async def test_a_trusted_proxy_names_the_address(web: Start):
    client, _ = await web(RATE_AUTH_ADDRESS="2/hour", TRUSTED_PROXIES="127.0.0.0/8")
    body = {"email": "x@example.com", "password": "short", "name": "X", "team_name": "X"}

    async def register(forwarded: str) -> int:
        headers = {"X-Forwarded-For": forwarded}
        return (await client.post("/api/auth/register", body, headers=headers)).status

    assert [await register("203.0.113.20") for _ in range(3)] == [422, 422, 429]
    assert await register("203.0.113.21") == 422
    assert await register("203.0.113.99, 203.0.113.20") == 429, "only the nearest hop is the proxy's word"


async def test_without_redis_each_process_counts_alone_and_says_so(web: Start, make):
    person = await make.owner()
    webs = [await web(RATE_API_USER="4/minute", REDIS_URL=NOBODY_LISTENS) for _ in range(2)]
    for client, (_, process) in zip(holding(person, *webs), webs, strict=True):
        answers = [await client.get("/api/auth/me") for _ in range(6)]
        assert [a.status for a in answers] == [200] * 4 + [429] * 2
        assert "rate_limits_in_memory" in process.said()


async def test_off_is_off(web: Start, make):
    person = await make.owner()
    client = holding(person, await web(RATE_API_USER="1/minute", RATE_LIMITS="off"))[0]
    answers = [await client.get("/api/auth/me") for _ in range(3)]
    assert [a.status for a in answers] == [200] * 3
    assert "RateLimit-Limit" not in answers[0].headers


async def test_readers_of_one_office_are_counted_by_their_links(web: Start, make):
    _, readers = await make.sent(await make.owner(), to=("ida@holm.example", "per@holm.example"))
    client, _ = await web(RATE_PUBLIC_ADDRESS="2/minute", RATE_READING_LINK="3/minute")
    for reader in readers:
        path = f"/api/proposals/public/{reader.link}"
        assert [(await client.post(f"{path}/view", {"visible_ms": 10})).status for _ in range(4)] == [204] * 3 + [429]
    assert [(await client.get(f"/api/proposals/public/{r.link}")).status for r in [*readers, readers[0]]] == [
        200,
        200,
        429,
    ]


async def test_who_tries_many_options_is_counted_by_their_link(web: Start, make):
    drone = {"description": "Drone", "unit_price": "200", "kind": "optional"}
    _, [ida, per] = await make.sent(await make.owner(), drone, to=("ida@holm.example", "per@holm.example"))
    item = (await ida.read()).json["items"][0]["id"]
    client, _ = await web(RATE_PUBLIC_ADDRESS="1/minute", RATE_CHOOSING_LINK="3/minute")

    async def choose(link: str, n: int) -> int:
        body = {"items": [{"id": item, "selected": n % 2 == 0}]}
        return (await client.post(f"/api/proposals/public/{link}/options", body)).status

    assert [await choose(ida.link, n) for n in range(4)] == [200, 200, 200, 429]
    assert await choose(per.link, 0) == 200
