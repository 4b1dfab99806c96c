"""Rate limits, exact over all processes through Redis; per process, and saying so, when Redis is away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakValueDictionary

import structlog
from aiohttp import web
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.storage.redis.bridge import RedisBridge
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import RedisCluster

from models.actors import Actor
from models.errors import RateLimited, Unauthorised
from server.config import Settings
from server.core import redis
from server.core.line import Questions
from server.core.request_keys import ADDRESS, MORE_HEADERS
from server.core.routing import Route

log = structlog.get_logger(__name__)
AWAY_SECONDS = 5.0
REDIS_SECONDS = 0.5  # a request waits no longer for it
# The library's moving window, which counts in one script and looks in another: both in one, by Redis' own clock.
WINDOW = f"""
local acquire = function(ARGV) {RedisBridge.SCRIPT_ACQUIRE_MOVING_WINDOW.decode()} end
local window = function(ARGV) {RedisBridge.SCRIPT_MOVING_WINDOW.decode()} end
local limit, seconds, time = tonumber(ARGV[1]), tonumber(ARGV[2]), redis.call('TIME')
local now = time[1] + time[2] / 1000000
local acquired = ARGV[3] == '1' and acquire({{now, limit, seconds, 1}})
local found = window({{now - seconds, limit}}) or {{now, 0}}
return {{acquired and 1 or 0, found[2], tostring(found[1] + seconds - now)}}
"""
State = tuple[bool, int, int, int]  # allowed, limit, remaining, seconds until the window frees


class Limiter:
    """Counts hits of keys. One per app."""

    def __init__(self, settings: Settings) -> None:
        self.on = settings.rate_limits == "on"
        self.items = {
            "login_account": parse(settings.rate_login_account),
            "login_address": parse(settings.rate_login_address),
            "auth": parse(settings.rate_auth_address),
            "api": parse(settings.rate_api_user),
            "upload": parse(settings.rate_upload_user),
            "public": parse(settings.rate_public_address),
            "reading": parse(settings.rate_reading_link),
            "choosing": parse(settings.rate_choosing_link),
            "form": parse(settings.rate_form),
            "invite": parse(settings.rate_invite_address),
        }
        self._memory = Memory()
        self._shared = Shared(settings.redis_url) if settings.redis_url else None
        self._away_until = 0.0

    async def hit(self, name: str, key: str) -> State:
        """Count one hit."""
        return await self._ask(name, key, count=True)

    async def look(self, name: str, key: str) -> State:
        """The same without counting, for limits that count failures only."""
        return await self._ask(name, key, count=False)

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    async def _ask(self, name: str, key: str, *, count: bool) -> State:
        if self._shared is not None and time.monotonic() >= self._away_until:
            try:
                return await self._shared.ask(self.items[name], (name, key), count)
            except Exception as error:  # whatever the driver raises: a limit must not take the service down
                self._away_until = time.monotonic() + AWAY_SECONDS
                log.warning("rate_limits_in_memory", reason=f"{type(error).__name__}: {error}")
        return await self._memory.ask(self.items[name], (name, key), count)


class Shared:
    """What all processes count, in Redis."""

    def __init__(self, url: str) -> None:
        self._client: Any = redis.client(url, timeout=REDIS_SECONDS)
        self._window: Any = self._client.register_script(WINDOW)
        self._line: Questions | None = None
        self._opening: asyncio.Task[Questions] | None = None

    async def ask(self, item: RateLimitItem, key: tuple[str, str], count: bool) -> State:
        """Raises what redis-py raises, `OSError` or `TimeoutError`."""
        asked = (f"LIMITS:{item.key_for(*key)}", str(item.amount), str(item.get_expiry()), str(int(count)))
        if isinstance(self._client, RedisCluster):  # it knows at which node a key lives
            acquired, used, seconds = await self._window(asked[:1], asked[1:])
        else:
            line = self._line
            if line is None or line.lost is not None:
                line = await self._open()
            acquired, used, seconds = await line.run(self._window, *asked)
        allowed = bool(acquired) if count else used < item.amount
        return allowed, item.amount, item.amount - used, max(1, round(float(seconds)))

    async def _open(self) -> Questions:
        """A line; who finds none waits with the others for the same one."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._connect())
        return await asyncio.shield(self._opening)

    async def _connect(self) -> Questions:
        line = Questions(self._client.connection_pool.make_connection(), REDIS_SECONDS)
        try:
            async with asyncio.timeout(REDIS_SECONDS):
                await line.connect()
        except BaseException:
            await line.close()
            raise
        finally:
            self._opening = None
        before, self._line = self._line, line
        if before is not None:
            await before.close()
        return line

    async def close(self) -> None:
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        if self._line is not None:
            await self._line.close()
        await self._client.aclose()


class Memory:
    """What this process counts by itself."""

    def __init__(self) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    async def ask(self, item: RateLimitItem, key: tuple[str, str], count: bool) -> State:
        allowed = await self._windows.hit(item, *key) if count else await self._windows.test(item, *key)
        stats = await self._windows.get_window_stats(item, *key)
        return allowed, item.amount, stats.remaining, max(1, round(stats.reset_time - time.time()))


LIMITER = web.AppKey("limiter", Limiter)


async def check(request: web.Request, route: Route, actor: Actor) -> None:
    """Count the request against its route's limit. Raises `RateLimited`."""
    of_actor = route.limit in ("api", "upload", "reading", "choosing")  # who holds a link is an actor, too
    await hit(request, route.limit, str(actor.id) if of_actor else request[ADDRESS])


async def hit(request: web.Request, name: str, key: str) -> None:
    """Count a hit of `key` against the limit `name`. Raises `RateLimited`."""
    limiter = request.app[LIMITER]
    if limiter.on:
        _note(request, name, await limiter.hit(name, key))


async def look(request: web.Request, name: str, key: str) -> None:
    """Refuse if `key` has used up the limit `name`, without counting. Raises `RateLimited`."""
    limiter = request.app[LIMITER]
    if limiter.on:
        _note(request, name, await limiter.look(name, key))


@asynccontextmanager
async def failures(request: web.Request, *counted: tuple[str, str]) -> AsyncIterator[None]:
    """Guard one attempt: refuse it where a limit `(name, key)` is used up, count it when it raises `Unauthorised`.

    Attempts at the first key take turns, or a thousand guesses at once would all be let in before the first one
    counts; with several processes one more may slip through each of them.
    """
    key = ":".join(counted[0])
    turn = _turns.setdefault(key, asyncio.Lock())
    async with turn:
        for limit in counted:
            await look(request, *limit)
        try:
            yield
        except Unauthorised:
            for limit in counted:
                await hit(request, *limit)
            raise


# A lock lives as long as somebody holds it or waits for it.
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def _note(request: web.Request, name: str, state: State) -> None:
    allowed, limit, remaining, reset = state
    # The fields of draft-ietf-httpapi-ratelimit-headers.
    request[MORE_HEADERS] |= {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(reset),
        "RateLimit-Policy": f'{limit};w={request.app[LIMITER].items[name].get_expiry()};name="{name}"',
    }
    if not allowed:
        raise RateLimited(f"Too many requests; try again in {reset} s.", headers={"Retry-After": str(reset)})
