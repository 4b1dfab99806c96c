"""Passwords: argon2id, off the event loop, a bounded number at a time."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.config import settings

# OWASP's floor for argon2id: 19 MiB, two passes, one lane.
hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified where there is no account, so that the answer takes as long.
nobodys = hasher.hash("no account has this password")


@lru_cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(settings().password_hash_concurrency, thread_name_prefix="argon2")


async def hashed(password: str) -> str:
    """The password's hash, to store."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), hasher.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Whether the password is right; without a stored hash it is wrong, after the same time."""
    right = await asyncio.get_running_loop().run_in_executor(_threads(), _verify, stored or nobodys, password)
    return right and stored is not None


def _verify(stored: str, password: str) -> bool:
    try:
        return hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
