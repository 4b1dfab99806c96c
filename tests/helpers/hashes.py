"""Hashing a password takes 25 ms of CPU, and nearly every test makes a person: only `tests/auth` pays for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher

from server.auth import passwords

TRUE = passwords.hasher
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@contextmanager
def made_by(hasher: PasswordHasher) -> Iterator[None]:
    """The server of the tests hashes passwords by this one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", hasher)
        patch.setattr(passwords, "nobodys", hasher.hash("no account has this password"))
        yield
