"""Whether an account exists cannot be told from answers, nor from how long they take."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Awaitable, Callable

import pytest

from tests.factories import Make
from tests.helpers.http import Answer, Client

ROUNDS = 40
TRIES = 5  # on a busy machine one side may be held up; a difference that is really there is there each time
# Hashing alone takes about 25 ms: without it for unknown accounts the difference is more than twice this.
TOLERANCE = 0.010


def login(anyone: Client, email: str) -> Awaitable[Answer]:
    return anyone.post("/api/auth/login", {"email": email, "password": "a wrong password"})


def forgot(anyone: Client, email: str) -> Awaitable[Answer]:
    return anyone.post("/api/auth/forgot-password", {"email": email})


async def seconds(asked: Awaitable[Answer]) -> tuple[float, Answer]:
    began = time.perf_counter()
    answer = await asked
    return time.perf_counter() - began, answer


@pytest.mark.parametrize("ask", [login, forgot])
async def test_known_and_unknown_take_the_same_time(
    make: Make, anyone: Client, ask: Callable[[Client, str], Awaitable[Answer]]
):
    email = (await make.owner()).user["email"]
    taken: list[tuple[float, float]] = []
    for _ in range(TRIES):
        pairs = [
            (await seconds(ask(anyone, email)), await seconds(ask(anyone, f"{uuid.uuid4().hex}@example.com")))
            for _ in range(ROUNDS)
        ]
        assert len({answer.status for pair in pairs for _, answer in pair}) == 1
        # Of each side the quicker ones: those that nothing else on the machine has held up.
        known, unknown = (statistics.quantiles((pair[side][0] for pair in pairs), n=4)[0] for side in (0, 1))
        taken.append((known, unknown))
        if abs(known - unknown) < max(TOLERANCE, known / 3):
            return
    raise AssertionError(taken)
